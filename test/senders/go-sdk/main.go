// A service with OpenTelemetry's SDK for Go: so many requests, each a span, sent in batches as the environment says. It prints the ids
// and times (ns) of each.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

func main() {
	ctx := context.Background()
	count, err := strconv.Atoi(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		log.Fatal(err)
	}
	provider := sdk.NewTracerProvider(sdk.WithBatcher(exporter, sdk.WithMaxQueueSize(count), sdk.WithBatchTimeout(100*time.Millisecond)))
	tracer := provider.Tracer("test")
	for range count {
		_, span := tracer.Start(ctx, "GET /", trace.WithSpanKind(trace.SpanKindServer))
		time.Sleep(10 * time.Millisecond)
		span.End()
		ids, ended := span.SpanContext(), span.(sdk.ReadOnlySpan)
		fmt.Println(ids.TraceID(), ids.SpanID(), ended.StartTime().UnixNano(), ended.EndTime().UnixNano())
	}
	if err := provider.Shutdown(ctx); err != nil {
		log.Fatal(err)
	}
}
