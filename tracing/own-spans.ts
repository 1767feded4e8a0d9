// What the spans say, by OpenTelemetry's semantic conventions for HTTP and CloudEvents. A span names the route and never the
// path: a path may hold a token.
import { randomBytes } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import {
  type Attributes,
  type Context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import type { TracerProvider } from "@opentelemetry/sdk-trace";
import type { OpenSpan, StepEnd, Tracing } from "../http/tracing.ts";

const propagator = new W3CTraceContextPropagator();
/** What a process may take at its end to send what is left. */
const MAX_CLOSE_MS = 3000;

class RecordedSpan implements OpenSpan {
  readonly span: Span;
  readonly context: Context;
  readonly headers: Record<string, string> = {};

  constructor(span: Span) {
    this.span = span;
    this.context = trace.setSpan(ROOT_CONTEXT, span);
    propagator.inject(this.context, this.headers, defaultTextMapSetter);
  }

  end({ status, fault }: StepEnd): void {
    const { span } = this;
    if (status !== undefined) span.setAttribute("http.response.status_code", status);
    if (fault !== undefined || (status !== undefined && status >= 500)) {
      span.setAttribute("error.type", status === undefined ? "_OTHER" : String(status));
      span.setStatus({ code: SpanStatusCode.ERROR, ...(fault !== undefined && { message: fault }) });
    }
    span.end();
  }
}

/** Spans that a provider's tracer makes. */
export function createTracing(provider: TracerProvider): Tracing {
  const tracer = provider.getTracer("pulsemesh");

  /** `undefined` where the sampler leaves the span out. */
  function open(name: string, kind: SpanKind, attributes: Attributes, parent: Context, links: readonly Span[] = []) {
    const context = links.map((span) => ({ context: span.spanContext() }));
    const span = tracer.startSpan(name, { kind, attributes, links: context }, parent);
    return span.isRecording() ? new RecordedSpan(span) : undefined;
  }

  return {
    openRequest(method, { path, trace: rule = "begins" }, headers) {
      if (rule === "never") return undefined;
      const ofEvent = contextOf(headers["ce-traceparent"], headers["ce-tracestate"]);
      const ofRequest = contextOf(headers.traceparent, headers.tracestate);
      const continues = rule === "continues";
      // An event that says it is not traced is not, whatever a broker on its way makes of it.
      if (continues && (!isSampled(ofRequest ?? ofEvent) || (ofEvent !== undefined && !isSampled(ofEvent)))) {
        return undefined;
      }
      const attributes = {
        "http.request.method": method,
        "http.route": path,
        ...(continues && eventAttributes(headers)),
      };
      return open(`${method} ${path}`, SpanKind.SERVER, attributes, ofRequest ?? ofEvent ?? ROOT_CONTEXT);
    },

    openEvent(event, pulses, requests) {
      const { extensions, type, id, source } = event;
      const spans = [...new Set(requests)].filter((one) => one instanceof RecordedSpan);
      const [first, ...others] = spans;
      const attributes = { ...attributesOf(id, source, type), "messaging.batch.message_count": pulses };
      const opened =
        first &&
        open(
          `CloudEvents Create ${type}`,
          SpanKind.PRODUCER,
          attributes,
          first.context,
          others.map(({ span }) => span),
        );
      delete extensions.tracestate;
      if (opened === undefined) {
        extensions.traceparent = untraced(extensions.traceparent);
        return undefined;
      }
      Object.assign(extensions, opened.headers);
      // Each of the requests leads to the event, too. One whose client has gone is over.
      for (const { span } of others) if (span.isRecording()) span.addLink({ context: opened.span.spanContext() });
      return opened;
    },

    openDelivery({ extensions, id, source, type }, trigger, attempts) {
      const parent = contextOf(extensions.traceparent, extensions.tracestate);
      if (parent === undefined || !isSampled(parent)) return undefined;
      const attributes = {
        ...attributesOf(id, source, type),
        "messaging.destination.subscription.name": trigger,
        ...(attempts > 0 && { "http.request.resend_count": attempts }),
      };
      return open(`deliver ${trigger}`, SpanKind.CLIENT, attributes, parent);
    },

    async close() {
      const flushed = provider.shutdown().catch(() => undefined); // the exporter has said why
      await Promise.race([flushed, delay(MAX_CLOSE_MS, undefined, { ref: false })]);
    },
  };
}

function contextOf(traceparent: unknown, tracestate: unknown): Context | undefined {
  if (typeof traceparent !== "string") return undefined;
  const carrier = { traceparent, ...(typeof tracestate === "string" && { tracestate }) };
  const context = propagator.extract(ROOT_CONTEXT, carrier, defaultTextMapGetter);
  return trace.getSpanContext(context) === undefined ? undefined : context;
}

function isSampled(context: Context | undefined): boolean {
  const flags = context && trace.getSpanContext(context)?.traceFlags;
  return flags !== undefined && (flags & TraceFlags.SAMPLED) !== 0;
}

/** A trace context that says that no spans are made, with the ids of the one that there was. */
function untraced(traceparent: string | undefined): string {
  const ids = traceparent?.slice(3, 52) ?? `${randomBytes(16).toString("hex")}-${randomBytes(8).toString("hex")}`;
  return `00-${ids}-00`;
}

function eventAttributes(headers: IncomingHttpHeaders): Attributes {
  const { "ce-id": id, "ce-source": source, "ce-type": type } = headers;
  return attributesOf(id, source, type);
}

function attributesOf(id: unknown, source: unknown, type: unknown): Attributes {
  const attributes: Attributes = {};
  if (typeof id === "string") attributes["cloudevents.event_id"] = id;
  if (typeof source === "string") attributes["cloudevents.event_source"] = source;
  if (typeof type === "string") attributes["cloudevents.event_type"] = type;
  return attributes;
}
