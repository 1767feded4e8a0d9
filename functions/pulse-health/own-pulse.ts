import { randomUUID } from "node:crypto";
import { HEALTH_SOURCE } from "../../events/health-event.ts";
import { OWN_SERVICE } from "../../events/own-service.ts";
import { eventOfOne } from "../../events/pulse-event.ts";
import type { BrokerClient } from "../broker-client.ts";

/** Sends PulseMesh's own pulses, which say how long the broker took for the one before. */
export class OwnPulse {
  readonly #broker: Pick<BrokerClient, "send">;
  readonly #now: () => number;
  #latencyMs = 0;

  constructor(broker: Pick<BrokerClient, "send">, now: () => number) {
    this.#broker = broker;
    this.#now = now;
  }

  /** Never rejects: a pulse that the broker does not take is missing, and that is what it is for. */
  async send(): Promise<void> {
    const startedAt = performance.now();
    const { kind } = await this.#broker.send(
      eventOfOne({
        service_name: OWN_SERVICE,
        event_time: this.#now(),
        latency_ms: this.#latencyMs,
        status: "ok",
        id: randomUUID(),
        source: HEALTH_SOURCE,
      }),
    );
    if (kind === "accepted") this.#latencyMs = Math.round(performance.now() - startedAt);
  }
}
