import pLimit from "p-limit";
import type { HealthRun } from "../../events/health-run.ts";
import { DAY_MS } from "../../events/time.ts";
import { goneSince } from "../../health/gone.ts";
import { beginWell, type Incident, incidentsOf } from "../../health/incidents.ts";
import { withClock } from "../../health/lag.ts";
import { lagsOf } from "../../health/memory.ts";
import type { ServicesSettings } from "../../health/service-settings.ts";
import type { Share } from "../../history/history.ts";
import type { CurrentRun, HealthReader } from "../../storage/health-ports.ts";
import type { Span } from "../../storage/span.ts";
import type { IncidentView } from "./health-answers.ts";
import { LONG_PAST_RUNS, LongPasts } from "./long-pasts.ts";
import { timeText } from "./time-text.ts";
import { turnOf } from "./turn-of.ts";

/** Services whose runs are read at one time. */
const CONCURRENCY = 16;

export interface IncidentsOptions {
  health: HealthReader;
  settings: () => ServicesSettings;
  /** A service is gone once its last pulse is this old. */
  retentionMs: number;
}

/** What a list has of an incident: not its runs, of which one that flaps has thousands. */
interface Found {
  /** Epoch ms. */
  since: number;
  view: IncidentView;
}

interface Asked {
  span: Span;
  onlyOpen: boolean;
  /** Whose incidents are wanted. */
  covers: (service: string) => boolean;
  /** At most so many are wanted, the newest. */
  most: number;
}

function newestFirst(a: Found, b: Found): number {
  return b.since - a.since || (a.view.service_name < b.view.service_name ? -1 : 1);
}

/** The incidents of all services that are not retired. @throws {StoreError} */
export class Incidents {
  readonly #options: IncidentsOptions;
  readonly #longPasts = new LongPasts();

  constructor(options: IncidentsOptions) {
    this.#options = options;
  }

  /** Those that touch a span, newest first. @throws once the signal aborts */
  async list(asked: Asked, share: Share): Promise<IncidentView[]> {
    const { health, settings } = this.#options;
    const { onlyOpen, covers, most } = asked;
    const judgedUntil = await health.judgedUntil();
    const newest: Found[] = [];
    // A fleet that flaps has any number of them: what no answer shows is not held until the end.
    const cut = () => newest.sort(newestFirst).splice(most);
    const limit = pLimit(CONCURRENCY);
    for await (const chunk of health.current()) {
      await limit.map([...chunk], async (current) => {
        if (onlyOpen && current.run.health === "up") return;
        if (!covers(current.service)) return;
        if (settings().of(current.service).isRetired) return;
        await turnOf(share);
        await this.#longPasts.during(share.signal, async (beforeLong) => {
          for await (const found of this.#incidentsOf(current, asked, judgedUntil, beforeLong)) {
            if (newest.push(found) >= 2 * most) cut();
          }
        });
      });
      await turnOf(share);
    }
    cut();
    return newest.map(({ view }) => view);
  }

  async *#incidentsOf(
    { service, run }: CurrentRun,
    { span, onlyOpen }: Asked,
    judgedUntil: number,
    beforeLong: () => Promise<void>,
  ): AsyncGenerator<Found> {
    const { health, settings, retentionMs } = this.#options;
    const runs = await this.#runsFrom(service, Math.min(span.from, run.since), beforeLong);
    const maintenance = settings()
      .of(service)
      .maintenanceIn({ from: runs[0]?.since ?? span.from, to: span.to });
    for (const incident of incidentsOf(runs, maintenance)) {
      if (incident.since >= span.to) continue;
      const memory = incident.until === undefined ? await health.memory(service) : undefined;
      const until = incident.until ?? goneSince({ run, memory, judgedUntil, retentionMs });
      if (until !== undefined && (onlyOpen || until <= span.from)) continue;
      const clockMs = until === undefined ? lagsOf(memory).clockMs : 0;
      yield { since: incident.since, view: this.#view(service, { ...incident, until }, clockMs) };
    }
  }

  /** The runs of a service from the beginning of an incident that reaches into the time from a moment on (epoch ms). */
  async #runsFrom(service: string, from: number, beforeLong: () => Promise<void>): Promise<HealthRun[]> {
    const { health } = this.#options;
    let runs: HealthRun[] = [];
    for (let to = Number.POSITIVE_INFINITY; !beginWell(runs); to = runs[0]?.since ?? 0) {
      if (runs.length >= LONG_PAST_RUNS) await beforeLong();
      // That a run has ended is told by the next one, which may begin after the span.
      const before = await health.runs(service, { from: Math.min(from, to) - DAY_MS, to }, beforeLong);
      if (before.length === 0) break;
      runs = [...before, ...runs];
    }
    return runs;
  }

  /** @param clockMs how far the clock of the service is behind now */
  #view(service: string, { health, since, until, runs }: Incident, clockMs: number): IncidentView {
    const { owner = null, link } = this.#options.settings().of(service);
    const cause = withClock(runs.find((run) => run.health === health)?.cause ?? "", clockMs);
    const times = { since: timeText(since), until: timeText(until ?? null) };
    return { service_name: service, health, ...times, cause, owner, link: link?.href ?? null };
  }
}
