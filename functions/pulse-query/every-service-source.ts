import type { StoredPulse } from "../../storage/ports.ts";
import type { LiveSource } from "./live.ts";
import type { LiveEvent } from "./live-pieces.ts";
import type { JudgedService, ServiceList } from "./service-list.ts";
import { timeText } from "./time-text.ts";
import { viewService } from "./view.ts";

type ShownServices = Pick<ServiceList, "chunks" | "judgedUntil" | "ownPulseAt">;

/** PulseMesh's own pulse comes every ten seconds: a longer time without any pulse is PulseMesh's silence, and not the services'. */
const QUIET_AFTER_MS = 60_000;

/** `pulse` for each service with a newer pulse or another health, `gone` for one that the store has forgotten, or that is retired. */
export class EveryServiceSource implements LiveSource {
  readonly #services: ShownServices;
  readonly #covers: (service: string) => boolean;
  readonly #now: () => number;
  /** As the last look saw them, by name. */
  #known: ReadonlyMap<string, JudgedService> | undefined;
  #judgedUntil: number | null = null;
  /** Epoch ms of PulseMesh's own newest pulse. */
  #ownPulseAt: number | undefined;
  /** Epoch ms of the last look that saw a newer pulse, or of the newest pulse that the first look saw. */
  #newAt = 0;

  /** Shows the services that `covers` is true for. */
  constructor(services: ShownServices, now: () => number, covers: (service: string) => boolean = () => true) {
    this.#services = services;
    this.#now = now;
    this.#covers = covers;
  }

  async look(): Promise<LiveEvent[]> {
    const before = this.#known;
    const after = new Map<string, JudgedService>();
    const events: LiveEvent[] = [];
    const [judgedUntil, ownPulseAt] = await Promise.all([this.#services.judgedUntil(), this.#services.ownPulseAt()]);
    this.#judgedUntil = judgedUntil;
    let hasNewer = ownPulseAt !== this.#ownPulseAt;
    this.#ownPulseAt = ownPulseAt;
    for await (const services of this.#services.chunks({ isBare: true })) {
      for (const service of services) {
        const { service_name: name } = service.pulse;
        if (!this.#covers(name)) continue;
        const known = before?.get(name);
        if (known !== undefined && isSameService(known, service)) {
          // The one that is known stays: two of each service would be twice the memory.
          after.set(name, known);
          continue;
        }
        after.set(name, service);
        // Who listens at the first look gets the beginning.
        if (before !== undefined) events.push(serviceEvent("pulse", service));
        // A service that has become late has another health and the same pulse.
        hasNewer ||= known === undefined || !isSamePulse(known.pulse, service.pulse);
      }
    }
    for (const name of before?.keys() ?? []) {
      if (!after.has(name)) events.push({ event: "gone", data: { service_name: name } });
    }
    const now = this.#now();
    if (before === undefined) {
      const times = [...after.values()].map(({ pulse }) => pulse.event_time);
      for (const time of [...times, ownPulseAt ?? 0]) this.#newAt = Math.max(this.#newAt, Math.min(now, time));
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

  /** `nothing_new_since` while neither a service nor PulseMesh itself has had a newer pulse for a minute. */
  heartbeat(): object {
    const isQuiet = this.#ownPulseAt !== undefined && this.#now() - this.#newAt >= QUIET_AFTER_MS;
    return { judged_until: timeText(this.#judgedUntil), ...(isQuiet && { nothing_new_since: timeText(this.#newAt) }) };
  }

  #all(): Iterable<JudgedService> {
    return this.#known?.values() ?? [];
  }
}

/** An event that shows a service by its newest pulse. */
export function serviceEvent(event: "pulse" | "service", service: JudgedService): LiveEvent {
  return { event, data: viewService(service) };
}

/** Whether a service is shown the same. */
export function isSameService(before: JudgedService, after: JudgedService): boolean {
  return (
    isSamePulse(before.pulse, after.pulse) &&
    before.health === after.health &&
    before.since === after.since &&
    before.cause === after.cause &&
    before.isInMaintenance === after.isInMaintenance
  );
}

function isSamePulse(a: StoredPulse, b: StoredPulse): boolean {
  return a.event_time === b.event_time && a.id === b.id && a.source === b.source;
}
