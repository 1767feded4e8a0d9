import type { StoredPulse } from "../../storage/ports.ts";
import type { LiveEvent, LiveSource } from "./live.ts";
import type { JudgedService, ServiceList } from "./service-list.ts";
import { nothingNewSince } from "./silence.ts";
import { viewService } from "./view.ts";

/** `pulse` for each service with a newer pulse or another health, `gone` for a service that the store has forgotten. */
export class EveryServiceSource implements LiveSource {
  readonly #services: Pick<ServiceList, "chunks">;
  readonly #covers: (service: string) => boolean;
  readonly #now: () => number;
  /** As the last look saw them, by name. */
  #known: ReadonlyMap<string, JudgedService> | undefined;
  /** Epoch ms of the last look that saw a service's newer pulse, or of the newest pulse that the first look saw. */
  #newAt = 0;

  /** Shows the services that `covers` is true for. */
  constructor(
    services: Pick<ServiceList, "chunks">,
    now: () => number,
    covers: (service: string) => boolean = () => true,
  ) {
    this.#services = services;
    this.#now = now;
    this.#covers = covers;
  }

  async look(): Promise<LiveEvent[]> {
    const before = this.#known;
    const after = new Map<string, JudgedService>();
    const events: LiveEvent[] = [];
    let hasNewer = false;
    for await (const services of this.#services.chunks({ isBare: true })) {
      for (const service of services) {
        const { service_name: name } = service.pulse;
        if (!this.#covers(name)) continue;
        const known = before?.get(name);
        if (known !== undefined && isSameService(known, service)) {
          // The one that is known stays: two of each service would be twice the memory.
          known.usualPeriodMs = service.usualPeriodMs;
          after.set(name, known);
          continue;
        }
        after.set(name, service);
        // Who listens at the first look gets the beginning.
        if (before !== undefined) events.push(serviceEvent("pulse", service));
        // A service that is late, and nothing else, has another health and the same pulse.
        hasNewer ||= known === undefined || !isSamePulse(known.pulse, service.pulse);
      }
    }
    for (const name of before?.keys() ?? []) {
      if (!after.has(name)) events.push({ event: "gone", data: { service_name: name } });
    }
    const now = this.#now();
    if (before === undefined) {
      for (const { pulse } of after.values()) this.#newAt = Math.max(this.#newAt, Math.min(now, pulse.event_time));
    } else if (hasNewer) this.#newAt = now;
    this.#known = after;
    return events;
  }

  /** The same for every listener: each begins again. */
  beginningOf(): string {
    return "";
  }

  *begin(): Generator<LiveEvent> {
    for (const service of this.#all()) yield serviceEvent("pulse", service);
  }

  readyEvent(): LiveEvent {
    return { event: "ready", data: { services: this.#known?.size ?? 0 } };
  }

  /** `nothing_new_since` while no service has had a newer pulse for longer than is usual. */
  heartbeat(): object {
    const since = nothingNewSince(this.#all(), this.#newAt, this.#now());
    return since === undefined ? {} : { nothing_new_since: new Date(since).toISOString() };
  }

  #all(): Iterable<JudgedService> {
    return this.#known?.values() ?? [];
  }
}

/** An event that shows a service by its newest pulse. */
export function serviceEvent(event: "pulse" | "service", service: JudgedService): LiveEvent {
  return { event, data: viewService(service) };
}

/** Whether a service has the same newest pulse and the same health. */
export function isSameService(before: JudgedService, after: JudgedService): boolean {
  return isSamePulse(before.pulse, after.pulse) && before.health === after.health;
}

function isSamePulse(a: StoredPulse, b: StoredPulse): boolean {
  return a.event_time === b.event_time && a.id === b.id && a.source === b.source;
}
