import type { ServiceHealth } from "../../events/service-health.ts";
import type { StoredPulse } from "../../storage/ports.ts";
import type { JudgedService } from "../pulse-query/service-list.ts";

export function pulseOf(service: string, id = "1", time = 1000): StoredPulse {
  return { service_name: service, event_time: time, latency_ms: 1, status: "ok", id, source: "/pulse" };
}

/** A list of services whose newest pulses a test sets, and which counts how often it is asked. */
export class ListedServices {
  pulses: StoredPulse[] = [];
  asked = 0;
  failure: Error | undefined;
  health: ServiceHealth = "up";
  isInMaintenance = false;
  ownPulse: number | undefined;

  async *chunks(): AsyncGenerator<JudgedService[]> {
    this.asked++;
    if (this.failure !== undefined) throw this.failure;
    for (const pulse of this.pulses) {
      const judgement = { health: this.health, since: undefined, confirmedAt: undefined, cause: "" };
      yield [{ pulse, ...judgement, isInMaintenance: this.isInMaintenance }];
    }
  }

  async judgedUntil(): Promise<number> {
    return 500;
  }

  async ownPulseAt(): Promise<number | undefined> {
    return this.ownPulse;
  }
}
