module pulsemesh/test/senders/go-cloudevents

go 1.23

require github.com/cloudevents/sdk-go/v2 v2.16.2
