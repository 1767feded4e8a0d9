import type { IncomingHttpHeaders } from "node:http";
import type { CloudEvent } from "../events/cloud-event.ts";

/**
 * What a route's requests do to traces. `begins`: one that belongs to no trace begins one. `continues`: the spans of a trace
 * go on, and none begins. `never`: no span is made, and none follows from the request's pulses.
 */
export type TraceRule = "begins" | "continues" | "never";

/** How a step ended: the HTTP status of its answer, if there was one, and what went wrong. */
export interface StepEnd {
  status?: number | undefined;
  fault?: string | undefined;
}

/** A step of a trace, from its opening to its end. */
export interface OpenSpan {
  /** What tells the next process of this step: `traceparent`, and `tracestate` where there is one (W3C Trace Context). */
  readonly headers: Readonly<Record<string, string>>;
  end(end: StepEnd): void;
}

/** Makes spans of what a process does: the room tracing/ has the one that sends them. `undefined` stands for no span. */
export interface Tracing {
  openRequest(
    method: string,
    route: { path: string; trace?: TraceRule },
    headers: IncomingHttpHeaders,
  ): OpenSpan | undefined;
  /** An event on its way to a broker, with pulses of those requests. It carries the span from then on, or that there is none. */
  openEvent(event: CloudEvent, pulses: number, requests: readonly (OpenSpan | undefined)[]): OpenSpan | undefined;
  /** A try to deliver an event of a trace. */
  openDelivery(event: CloudEvent, trigger: string, attempts: number): OpenSpan | undefined;
  /** Sends what is left, within a few seconds. */
  close(): Promise<void>;
}
