// Sends one pulse as a CloudEvent in each mode, by the SDK for Go.
package main

import (
	"context"
	"log"
	"os"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/cloudevents/sdk-go/v2/binding"
)

func main() {
	client, err := cloudevents.NewClientHTTP()
	if err != nil {
		log.Fatal(err)
	}
	target := cloudevents.ContextWithTarget(context.Background(), os.Args[1])
	for id, ctx := range map[string]context.Context{
		"binary":     binding.WithForceBinary(target),
		"structured": binding.WithForceStructured(target),
	} {
		event := cloudevents.NewEvent()
		event.SetID(id)
		event.SetSource("/sdk")
		event.SetType("dev.pulsemesh.pulse.v1")
		data := map[string]any{
			"service_name": os.Args[2], "latency_ms": 12.5, "status": "ok", "metadata": map[string]string{"zone": "ü"},
		}
		if err := event.SetData(cloudevents.ApplicationJSON, data); err != nil {
			log.Fatal(err)
		}
		if result := client.Send(ctx, event); !cloudevents.IsACK(result) {
			log.Fatal(result)
		}
	}
}
