#!/usr/bin/env bash
# knative.dev/eventing v0.50.0 (Go): a delivery that ends by delivery.timeout becomes a dead letter without knativeerror*.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
printf 'module finding\n\ngo 1.25\n\nrequire knative.dev/eventing v0.50.0\n' >go.mod
cat >main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"sort"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"
	duckv1 "knative.dev/eventing/pkg/apis/duck/v1"
	"knative.dev/eventing/pkg/eventingtls"
	"knative.dev/eventing/pkg/kncloudevents"
	"knative.dev/pkg/apis"
	"knative.dev/pkg/apis/duck/v1"
)

// The channel of Knative's default broker sends an event to broker-filter, which passes it on to the subscriber.
const filter = "broker-filter.knative-eventing.svc.cluster.local"

func main() {
	os.Setenv("SYSTEM_NAMESPACE", "knative-eventing")
	away, hangs := facts("away"), facts("hangs")
	fmt.Println("  the subscriber answers 503:", away)
	fmt.Println("  the subscriber hangs:      ", hangs)
	if away == "none" || hangs != "none" {
		os.Exit(1)
	}
}

func facts(subscriber string) string {
	seen := []string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Host == "dead-letters":
			for name := range r.Header {
				if lower := strings.ToLower(name); strings.HasPrefix(lower, "ce-knativeerror") {
					seen = append(seen, lower)
				}
			}
		case subscriber == "hangs":
			<-r.Context().Done()
		default: // what broker-filter makes of the subscriber's answer (pkg/broker/filter/filter_handler.go, send)
			w.WriteHeader(503)
			fmt.Fprint(w, `{"errdestination":"http://subscriber","errresponsebody":""}`)
		}
	}))
	defer server.Close()
	http.DefaultTransport.(*http.Transport).DialContext = func(context.Context, string, string) (net.Conn, error) {
		return net.Dial("tcp", server.Listener.Addr().String())
	}
	kncloudevents.ConfigureConnectionArgs(&kncloudevents.ConnectionArgs{MaxIdleConns: len(subscriber)})
	timeout := "PT0.5S"
	retries, err := kncloudevents.RetryConfigFromDeliverySpec(duckv1.DeliverySpec{Timeout: &timeout})
	if err != nil {
		panic(err)
	}
	one := event.New()
	one.SetID("1")
	one.SetSource("/shop")
	one.SetType("dev.example.sold")
	to := v1.Addressable{URL: apis.HTTP(filter)}
	sink := &v1.Addressable{URL: apis.HTTP("dead-letters")}
	dispatcher := kncloudevents.NewDispatcher(eventingtls.ClientConfig{}, nil)
	_, err = dispatcher.SendEvent(context.Background(), one, to, kncloudevents.WithDeadLetterSink(sink), kncloudevents.WithRetryConfig(&retries))
	if err != nil {
		panic(err)
	}
	sort.Strings(seen)
	if len(seen) == 0 {
		return "none"
	}
	return strings.Join(seen, ", ")
}
GO
go mod tidy >/dev/null 2>&1
go build -o finding . >&2
echo "knative.dev/eventing v0.50.0, the dispatcher of the default broker's channel, with delivery.timeout PT0.5S"
echo "Expected: knativeerrordest, knativeerrorcode and knativeerrordata on the second dead letter too, as on the first."
echo "Seen:"
if ./finding; then
  echo "Why it matters: a dead letter does not say which subscriber hung. Let the subscriber's own limit be shorter than delivery.timeout."
else
  echo "This has changed: dead letters of a time-out have their attributes now."
  exit 1
fi
