import { MAX_LATENCY_MS, type Pulse } from "../../../events/pulse.ts";
import type { ReceiveContext } from "../../../events/pulse-event.ts";
import { isTimely, timeRule } from "../../../events/pulse-time.ts";

/** What a span says of an entry into a service. Its id has those of the trace and of the span, so no `traceparent` repeats them (span-identity.ts). */
export interface Entry {
  service: string;
  /** The identity within the service and the source. */
  id: string;
  source: string;
  /** Epoch ms. */
  endMs: number;
  latencyMs: number;
  status: string;
  metadata: Record<string, string>;
}

export const NO_SERVICE = "Expected a service's name, got none";
const LATENCY = "Expected a span of at most a day that has a start";

/** Makes pulses of entries, and counts the spans of which it makes none although they are entries, by the rule that they break. */
export class Sieve {
  readonly pulses: Pulse[] = [];
  readonly #context: ReceiveContext;
  readonly #rejected = new Map<string, number>();

  constructor(context: ReceiveContext) {
    this.#context = context;
  }

  add(entry: Entry): void {
    const { endMs, latencyMs } = entry;
    const { maxPulses } = this.#context;
    if (!isTimely(endMs, this.#context)) this.reject(timeRule(this.#context));
    else if (!(latencyMs <= MAX_LATENCY_MS)) this.reject(LATENCY);
    else if (this.pulses.length >= maxPulses) this.reject(`Expected at most ${maxPulses} entries in a request`);
    else this.pulses.push(pulseOf(entry));
  }

  readonly reject = (rule: string): void => {
    this.#rejected.set(rule, (this.#rejected.get(rule) ?? 0) + 1);
  };

  get rejected(): number {
    let count = 0;
    for (const one of this.#rejected.values()) count += one;
    return count;
  }

  /** The broken rules with the number of spans that break each. */
  get rules(): ReadonlyMap<string, number> {
    return this.#rejected;
  }

  /** What was rejected and why, in a sentence each. */
  get message(): string {
    return Array.from(this.#rejected, ([rule, count]) => `${count} span${count === 1 ? "" : "s"}: ${rule}.`).join(" ");
  }
}

function pulseOf({ service, id, source, endMs, latencyMs, status, metadata }: Entry): Pulse {
  return {
    service_name: service,
    event_time: endMs,
    // A clock that was set back during the span.
    latency_ms: Math.max(0, latencyMs),
    status,
    id,
    source,
    metadata,
  };
}
