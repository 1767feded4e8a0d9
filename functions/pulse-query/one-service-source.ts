import { randomBytes } from "node:crypto";
import type { PulseReader, StoredPulse } from "../../storage/ports.ts";
import { isSameService, serviceEvent } from "./every-service-source.ts";
import type { LiveSource } from "./live.ts";
import type { LiveEvent } from "./live-pieces.ts";
import { type Gap, PulseWindow, type SeenPulse } from "./pulse-window.ts";
import type { JudgedService, ServiceList } from "./service-list.ts";
import { timeText } from "./time-text.ts";
import { viewPulse } from "./view.ts";

/** How many of the newest pulses a new listener gets. */
const SHOWN_AT_FIRST = 50;
/** A stream that another process began goes on so long before its listener's newest pulse: some may have come late. */
const OVERLAP_MS = 60_000;
const ID = /^(\d{1,15})-([0-9a-f]{12})-(\d{1,15})-(\d{1,15})$/;

/**
 * `service` when a service has a newer pulse or another health, and `pulse` for each pulse that comes into the window of its
 * newest ones. `gap` where more came than the window holds.
 *
 * The id of an event is <epoch ms>-<stream>-<order>-<edge>: the time of the newest pulse until then, the name of this source,
 * the pulse's order in it, and from when on (epoch ms) the source held every pulse. The source goes on just after an id that
 * it gave, and after any other id by the time.
 */
export class OneServiceSource implements LiveSource {
  readonly #services: Pick<ServiceList, "one" | "judgedUntil">;
  readonly #name: string;
  readonly #window: PulseWindow;
  readonly #stream = randomBytes(6).toString("hex");
  #service: JudgedService | undefined;
  #judgedUntil: number | null = null;

  constructor(services: Pick<ServiceList, "one" | "judgedUntil">, reader: Pick<PulseReader, "page">, name: string) {
    this.#services = services;
    this.#name = name;
    this.#window = new PulseWindow(reader, name);
  }

  async look(): Promise<LiveEvent[]> {
    const [service, judgedUntil, reading] = await Promise.all([
      this.#services.one(this.#name),
      this.#services.judgedUntil(),
      this.#window.read(),
    ]);
    this.#judgedUntil = judgedUntil;
    const { newestTime, lastOrder, edge } = this.#window;
    const isNew = service !== undefined && (this.#service === undefined || !isSameService(this.#service, service));
    this.#service = service;
    const fresh = this.#window.take(reading);
    return [
      ...(isNew ? [serviceEvent("service", service)] : []),
      ...this.#eventsOf(fresh, this.#window.gapAfter(lastOrder, edge), newestTime),
    ];
  }

  begin(lastId: string): LiveEvent[] {
    const now = this.#service === undefined ? [] : [serviceEvent("service", this.#service)];
    const [, time, stream, order, edge] = ID.exec(lastId) ?? [];
    if (time === undefined) {
      // Without ids: a listener that is cut off before `ready` gets the beginning again.
      return [...now, ...this.#window.newest(SHOWN_AT_FIRST).map(({ pulse }) => pulseEvent(pulse))];
    }
    const newestTime = Number(time);
    if (stream === this.#stream) {
      const gap = this.#window.gapAfter(Number(order), Number(edge));
      return [...now, ...this.#eventsOf(this.#window.after(Number(order)), gap, newestTime)];
    }
    const since = newestTime - OVERLAP_MS;
    return [...now, ...this.#eventsOf(this.#window.since(since), this.#window.gapSince(since), newestTime)];
  }

  readyEvent(): LiveEvent {
    const { newestTime, lastOrder } = this.#window;
    const pulses = this.#window.newest(SHOWN_AT_FIRST).length;
    return { event: "ready", data: { pulses }, id: this.#idOf(newestTime, lastOrder) };
  }

  heartbeat(): object {
    return { judged_until: timeText(this.#judgedUntil) };
  }

  /** Events of pulses that follow a pulse of `newestTime`. */
  #eventsOf(seen: readonly SeenPulse[], gap: Gap | undefined, newestTime: number): LiveEvent[] {
    const events: LiveEvent[] = gap === undefined ? [] : [gapEvent(gap)];
    let time = newestTime;
    for (const { pulse, order } of seen) {
      time = Math.max(time, pulse.event_time);
      events.push({ ...pulseEvent(pulse), id: this.#idOf(time, order) });
    }
    return events;
  }

  #idOf(newestTime: number, order: number): string {
    return `${newestTime}-${this.#stream}-${order}-${this.#window.edge}`;
  }
}

function pulseEvent(pulse: StoredPulse): LiveEvent {
  return { event: "pulse", data: viewPulse(pulse) };
}

function gapEvent({ from, to }: Gap): LiveEvent {
  return { event: "gap", data: { ...(from !== undefined && { from: timeText(from) }), to: timeText(to) } };
}
