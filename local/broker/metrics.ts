import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { collectProcessMetrics } from "../../http/process-metrics.ts";
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
/** What became of an event or a reply that reached the broker. */
export type EventOutcome = (typeof OUTCOMES)[number];
const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** The metrics of one queue, their label sets looked up once. */
export interface QueueMetrics {
  delivered: Counter.Internal;
  retried: Counter.Internal;
  deadLettered: Counter.Internal;
  dropped: Counter.Internal;
  latency: Histogram.Internal<"trigger" | "sink">;
}

/** Whether a queue leads to a Trigger's subscriber or to its dead-letter sink: the label `sink`. */
export type QueueKind = "subscriber" | "dead_letter";

/** What a queue holds now. */
interface QueueLevels {
  readonly pending: number;
  readonly inFlight: number;
  readonly memoryBytes: number;
}

/** The broker's metrics. Each delivery is pending until it is delivered, dead-lettered or dropped. */
export class BrokerMetrics {
  readonly registry = new Registry();
  readonly events: Record<EventOutcome, Counter.Internal>;
  readonly commitSeconds: Histogram;
  readonly #deliveries: Counter<"trigger" | "outcome">;
  readonly #latency: Histogram<"trigger" | "sink">;

  constructor({ freeBytes }: { freeBytes: () => number }) {
    const registers = [this.registry];
    collectProcessMetrics(this.registry);
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

  queueMetrics(trigger: string, kind: QueueKind): QueueMetrics {
    const count = (outcome: string) => fromZero(this.#deliveries.labels(trigger, outcome));
    const isDeadLetter = kind === "dead_letter";
    return {
      delivered: count(isDeadLetter ? "dead_letter_delivered" : "delivered"),
      retried: count(isDeadLetter ? "dead_letter_retried" : "retried"),
      deadLettered: count("dead_lettered"),
      dropped: count("dropped"),
      latency: this.#latency.labels(trigger, kind),
    };
  }

  /** Reads what the queues hold at every scrape. */
  gaugeQueues(queues: readonly { trigger: string; kind: QueueKind; queue: QueueLevels }[]): void {
    const gauge = (name: string, help: string, level: keyof QueueLevels) => {
      new Gauge({
        name,
        help,
        labelNames: ["trigger", "sink"],
        registers: [this.registry],
        collect() {
          for (const { trigger, kind, queue } of queues) this.set({ trigger, sink: kind }, queue[level]);
        },
      });
    };
    gauge(BROKER_METRICS.pending, "Deliveries not yet made.", "pending");
    gauge(BROKER_METRICS.inFlight, "Deliveries that wait for their answer.", "inFlight");
    gauge(BROKER_METRICS.memoryBytes, "Memory of events ready or under way.", "memoryBytes");
  }
}

/** Starts a series at 0: Prometheus does not see the first increase of a series that starts at 1. */
function fromZero(counter: Counter.Internal): Counter.Internal {
  counter.inc(0);
  return counter;
}
