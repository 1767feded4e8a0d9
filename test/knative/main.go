// Runs cases (cases.ts, as JSON on the standard input) through the parts that make Knative's default broker class:
// ingress, in-memory channel, filter, and their dispatcher. Writes what each case gets, as JSON, to the standard output.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/zap"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"knative.dev/eventing/pkg/apis/duck/v1"
	eventing "knative.dev/eventing/pkg/apis/eventing/v1"
	"knative.dev/eventing/pkg/apis/feature"
	"knative.dev/eventing/pkg/broker"
	"knative.dev/eventing/pkg/broker/filter"
	"knative.dev/eventing/pkg/broker/ingress"
	"knative.dev/eventing/pkg/channel"
	"knative.dev/eventing/pkg/channel/fanout"
	"knative.dev/eventing/pkg/client/clientset/versioned/fake"
	"knative.dev/eventing/pkg/client/informers/externalversions"
	"knative.dev/eventing/pkg/eventingtls"
	"knative.dev/eventing/pkg/kncloudevents"
	"knative.dev/eventing/pkg/reconciler/sugar/trigger/path"
	"knative.dev/pkg/apis"
	duck "knative.dev/pkg/apis/duck/v1"
)

type message struct {
	Method  string            `json:"method,omitempty"`
	Path    string            `json:"path,omitempty"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

type exchange struct {
	Name    string               `json:"name"`
	Trigger eventing.TriggerSpec `json:"trigger"`
	Request message              `json:"request"`
	Answers []struct {
		message
		Status int    `json:"status"`
		Fault  string `json:"fault"`
	} `json:"answers"`
}

type result struct {
	// The fields of the Trigger that the webhook refuses.
	Refused     string    `json:"refused,omitempty"`
	Status      int       `json:"status,omitempty"`
	Delivered   []message `json:"delivered,omitempty"`
	Elsewhere   []message `json:"elsewhere,omitempty"`
	DeadLetters []message `json:"deadLetters,omitempty"`
}

type policy struct {
	Refused   string  `json:"refused,omitempty"`
	Retry     int     `json:"retry"`
	TimeoutMs int64   `json:"timeoutMs,omitempty"`
	WaitsMs   []int64 `json:"waitsMs,omitempty"`
}

var arrival = regexp.MustCompile(`"knativearrivaltime":"[^"]*"`)

const filterHost = "broker-filter.knative-eventing.svc.cluster.local"

// The default of config-features.
var features = feature.ToContext(context.Background(), feature.Flags{feature.DeliveryTimeout: feature.Enabled})
var metrics = noop.NewMeterProvider()
var traces = tracenoop.NewTracerProvider()

func main() {
	os.Setenv("SYSTEM_NAMESPACE", "knative-eventing")
	var cases struct {
		Policies  map[string]v1.DeliverySpec `json:"policies"`
		Exchanges []exchange                 `json:"exchanges"`
	}
	check(json.NewDecoder(os.Stdin).Decode(&cases))
	policies := map[string]policy{}
	for name, spec := range cases.Policies {
		policies[name] = policyOf(spec)
	}
	exchanges := map[string]result{}
	for _, one := range cases.Exchanges {
		exchanges[one.Name] = run(one)
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	check(encoder.Encode(map[string]any{"policies": policies, "exchanges": exchanges}))
}

func policyOf(spec v1.DeliverySpec) policy {
	if err := spec.Validate(features); err != nil {
		return policy{Refused: err.Error()}
	}
	config, err := kncloudevents.RetryConfigFromDeliverySpec(spec)
	check(err)
	waits := []int64{}
	for n := range 4 {
		waits = append(waits, config.Backoff(n, nil).Milliseconds())
	}
	return policy{Retry: config.RetryMax, TimeoutMs: config.RequestTimeout.Milliseconds(), WaitsMs: waits}
}

// run makes a broker with one Trigger, sends the request and waits until all that follows has been answered.
func run(one exchange) (got result) {
	trigger := &eventing.Trigger{ObjectMeta: metav1.ObjectMeta{Name: "t", Namespace: "default", UID: "1"}, Spec: one.Trigger}
	if err := trigger.Validate(features); err != nil {
		return result{Refused: err.Error()}
	}
	trigger.Status.SubscriberURI = apis.HTTP("target")
	trigger.Status.SubscriberURI.Path = "/in"
	handlers := map[string]http.Handler{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handlers[r.Host].ServeHTTP(w, r) }))
	defer server.Close()
	transport := http.DefaultTransport.(*http.Transport)
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if strings.HasPrefix(address, "gone") {
			return nil, errors.New("connection refused")
		}
		return net.Dial("tcp", server.Listener.Addr().String())
	}
	kncloudevents.ConfigureConnectionArgs(&kncloudevents.ConnectionArgs{MaxIdleConns: os.Getpid()}) // forgets the clients of the last case

	factory := externalversions.NewSharedInformerFactory(fake.NewSimpleClientset(), 0)
	informers, messaging := factory.Eventing().V1(), factory.Messaging().V1()
	theBroker := &eventing.Broker{ObjectMeta: metav1.ObjectMeta{Name: "pulsemesh", Namespace: "default"}}
	theBroker.Status.Address = &duck.Addressable{URL: apis.HTTP("ingress")}
	theBroker.Status.Annotations = map[string]string{"knative.dev/channelAddress": "http://channel"}
	check(informers.Brokers().Informer().GetStore().Add(theBroker))
	check(informers.Triggers().Informer().GetStore().Add(trigger))
	withFeatures := func(ctx context.Context) context.Context {
		return feature.ToContext(ctx, feature.FromContext(features))
	}
	logger := zap.NewNop()
	in, err := ingress.NewHandler(logger, broker.TTLDefaulter(logger, 255), informers.Brokers(), nil, nil, nil, withFeatures, metrics, traces)
	check(err)
	out, err := filter.NewHandler(logger, nil, nil, informers.Triggers(), informers.Brokers(), messaging.Subscriptions(), nil, withFeatures, metrics, traces)
	check(err)

	// As the Trigger's reconciler makes it (pkg/reconciler/broker/trigger): without a delivery, the Broker's counts.
	delivery := one.Trigger.Delivery.DeepCopy()
	if delivery != nil && delivery.DeadLetterSink != nil {
		delivery.DeadLetterSink = &duck.Destination{URI: apis.HTTP("dead-letters")}
	}
	filterURL := apis.HTTP(filterHost)
	filterURL.Path = path.Generate(trigger)
	subscription, err := fanout.SubscriberSpecToFanoutConfig(v1.SubscriberSpec{SubscriberURI: filterURL, ReplyURI: replyURL(), Delivery: delivery})
	check(err)
	subscription.Namespace = "default"
	dispatcher := kncloudevents.NewDispatcher(eventingtls.ClientConfig{}, nil)
	ofChannel := channel.ResolveChannelFromHostHeader(func(string) (channel.ChannelReference, error) {
		return channel.ChannelReference{Namespace: "default", Name: "pulsemesh"}, nil
	})
	fan, err := fanout.NewFanoutEventHandler(logger, fanout.Config{Subscriptions: []fanout.Subscription{*subscription}}, nil, nil, nil, dispatcher, metrics, traces, ofChannel)
	check(err)

	var mutex sync.Mutex
	record := func(list *[]message, r *http.Request) int {
		mutex.Lock()
		defer mutex.Unlock()
		*list = append(*list, messageOf(r))
		return len(*list) - 1
	}
	handlers["ingress"], handlers["channel"], handlers[filterHost] = in, fan, out
	handlers["target"] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := record(&got.Delivered, r)
		if len(one.Answers) == 0 {
			w.WriteHeader(204)
			return
		}
		answer := one.Answers[min(n, len(one.Answers)-1)]
		switch answer.Fault {
		case "hang":
			<-r.Context().Done()
			return
		case "cut":
			panic(http.ErrAbortHandler)
		}
		for name, value := range answer.Headers {
			w.Header().Set(name, value)
		}
		w.WriteHeader(answer.Status)
		io.WriteString(w, answer.Body)
	})
	handlers["elsewhere"] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { record(&got.Elsewhere, r); w.WriteHeader(204) })
	handlers["dead-letters"] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { record(&got.DeadLetters, r); w.WriteHeader(204) })

	request, err := http.NewRequest(one.Request.Method, "http://ingress"+one.Request.Path, strings.NewReader(one.Request.Body))
	check(err)
	for name, value := range one.Request.Headers {
		request.Header.Set(name, value)
	}
	response, err := (&http.Client{Transport: transport.Clone(), Timeout: time.Minute}).Do(request)
	check(err)
	response.Body.Close()
	mutex.Lock()
	defer mutex.Unlock()
	got.Status = response.StatusCode
	return got
}

func replyURL() *apis.URL {
	url := apis.HTTP("ingress")
	url.Path = "/default/pulsemesh"
	return url
}

func messageOf(r *http.Request) message {
	body, _ := io.ReadAll(r.Body)
	headers := map[string]string{}
	for name, values := range r.Header {
		lower := strings.ToLower(name)
		if lower == "ce-knativearrivaltime" {
			headers[lower] = "(now)"
		} else if strings.HasPrefix(lower, "ce-") || lower == "content-type" || lower == "prefer" {
			headers[lower] = strings.Join(values, ", ")
		}
	}
	text := arrival.ReplaceAllString(string(body), `"knativearrivaltime":"(now)"`)
	return message{Method: r.Method, Path: r.URL.Path, Headers: headers, Body: text}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
