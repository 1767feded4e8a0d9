import { randomUUID } from "node:crypto";
import { HEALTH_SOURCE } from "../../events/health-event.ts";
import { OWN_SERVICE } from "../../events/own-service.ts";
import type { Pulse } from "../../events/pulse.ts";
import { eventOfOne } from "../../events/pulse-event.ts";
import type { BrokerClient } from "../broker-client.ts";
import type { HealthMetrics } from "./health-metrics.ts";

export interface OwnPulseOptions {
  broker: Pick<BrokerClient, "send">;
  metrics: HealthMetrics;
  now: () => number;
}

/** Sends PulseMesh's own pulses, which say how long the broker took for the one before. The ledger counts them as any other. */
export class OwnPulse {
  readonly #options: OwnPulseOptions;
  #latencyMs = 0;

  constructor(options: OwnPulseOptions) {
    this.#options = options;
  }

  /** Never rejects: a pulse that the broker does not take is missing, and that is what it is for. */
  async send(): Promise<void> {
    const { broker, metrics, now } = this.#options;
    const pulse: Pulse = {
      service_name: OWN_SERVICE,
      event_time: now(),
      latency_ms: this.#latencyMs,
      status: "ok",
      id: randomUUID(),
      source: HEALTH_SOURCE,
    };
    const startedAt = performance.now();
    const { kind, uncertainTries } = await broker.send(eventOfOne(pulse));
    metrics.unacknowledged.inc(uncertainTries);
    if (kind !== "accepted") return;
    metrics.accepted.add(metrics.accepted.countsOf([pulse]));
    this.#latencyMs = Math.round(performance.now() - startedAt);
  }
}
