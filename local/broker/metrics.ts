import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Lane } from "./lane.ts";
import { BROKER_METRICS } from "./metric-names.ts";

const OUTCOMES = [
  "accepted",
  "unmatched",
  "invalid",
  "refused",
  "full",
  "failed",
  "reply_accepted",
  "reply_unmatched",
  "reply_full",
  "hop_limit",
] as const;
/** What became of an event or reply that came to the broker's door. */
export type EventOutcome = (typeof OUTCOMES)[number];
const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** A lane's share of the metrics, its label sets looked up once. */
export interface LaneMetrics {
  delivered: Counter.Internal;
  retried: Counter.Internal;
  deadLettered: Counter.Internal;
  dropped: Counter.Internal;
  latency: Histogram.Internal<"trigger" | "sink">;
}

/** Which end of a Trigger a lane leads to. */
export type Sink = "subscriber" | "dead_letter";

/** The broker's metrics; the sum of what was accepted is what was delivered, dead-lettered, dropped or is pending. */
export class BrokerMetrics {
  readonly registry = new Registry();
  readonly events: Record<EventOutcome, Counter.Internal>;
  readonly commitSeconds: Histogram;
  readonly #deliveries: Counter<"trigger" | "outcome">;
  readonly #latency: Histogram<"trigger" | "sink">;

  constructor({ freeBytes }: { freeBytes: () => number }) {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    const events = new Counter({
      name: BROKER_METRICS.events,
      help: "Events and replies that came to the broker, by what became of them.",
      labelNames: ["outcome"],
      registers,
    });
    this.events = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, fromZero(events.labels(outcome))])) as Record<
      EventOutcome,
      Counter.Internal
    >;
    this.#deliveries = new Counter({
      name: BROKER_METRICS.deliveries,
      help: "Deliveries by trigger and outcome.",
      labelNames: ["trigger", "outcome"],
      registers,
    });
    this.#latency = new Histogram({
      name: BROKER_METRICS.deliverySeconds,
      help: "Seconds from a delivery's request to its answer.",
      labelNames: ["trigger", "sink"],
      buckets: LATENCY_BUCKETS,
      registers,
    });
    this.commitSeconds = new Histogram({
      name: BROKER_METRICS.commitSeconds,
      help: "Seconds the disk took for a transaction.",
      buckets: LATENCY_BUCKETS,
      registers,
    });
    new Gauge({
      name: BROKER_METRICS.freeBytes,
      help: "Bytes left of the broker's quota.",
      registers,
      collect() {
        this.set(freeBytes());
      },
    });
  }

  /** The counters of one lane. */
  laneMetrics(trigger: string, sink: Sink): LaneMetrics {
    const count = (outcome: string) => fromZero(this.#deliveries.labels(trigger, outcome));
    const isDeadLetter = sink === "dead_letter";
    return {
      delivered: count(isDeadLetter ? "dead_letter_delivered" : "delivered"),
      retried: count(isDeadLetter ? "dead_letter_retried" : "retried"),
      deadLettered: count("dead_lettered"),
      dropped: count("dropped"),
      latency: this.#latency.labels(trigger, sink),
    };
  }

  /** Gauges what the lanes hold, at scrape time. */
  gaugeLanes(lanes: readonly { trigger: string; sink: Sink; lane: Lane }[]): void {
    const gauge = (name: string, help: string, read: (lane: Lane) => number) => {
      new Gauge({
        name,
        help,
        labelNames: ["trigger", "sink"],
        registers: [this.registry],
        collect() {
          for (const { trigger, sink, lane } of lanes) this.set({ trigger, sink }, read(lane));
        },
      });
    };
    gauge(BROKER_METRICS.pending, "Deliveries not yet made.", (lane) => lane.pending);
    gauge(BROKER_METRICS.inFlight, "Deliveries that wait for their answer.", (lane) => lane.inFlight);
    gauge(BROKER_METRICS.memoryBytes, "Memory of events ready or under way.", (lane) => lane.memoryBytes);
  }
}

/** A series that is there from the start: one that begins at 1 hides its first increase. */
function fromZero(counter: Counter.Internal): Counter.Internal {
  counter.inc(0);
  return counter;
}
