module pulsemesh.dev/test/knative

go 1.25

require knative.dev/eventing v0.50.0
