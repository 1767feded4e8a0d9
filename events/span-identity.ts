// The identity of a pulse that came as a span has the span's own ids in it, so that no other field need carry them.
import type { Pulse } from "./pulse.ts";

/** The sources of pulses that came as spans. Their ids are `traceId:spanId`, in Zipkin with the kind behind. */
export const OTLP_SOURCE = "/otlp";
export const ZIPKIN_SOURCE = "/zipkin";

const IDS = /^([0-9a-f]{16}|[0-9a-f]{32}):([0-9a-f]{16})(?::[A-Z]+)?$/;

/** The W3C traceparent of the span that a pulse came as; `undefined` for a pulse that came otherwise. */
export function traceparentOfSpan({ source, id }: Pick<Pulse, "source" | "id">): string | undefined {
  if (source !== OTLP_SOURCE && source !== ZIPKIN_SOURCE) return undefined;
  const [, traceId, spanId] = IDS.exec(id) ?? [];
  // Nobody sends a span that is not sampled.
  return traceId === undefined ? undefined : `00-${traceId.padStart(32, "0")}-${spanId}-01`;
}
