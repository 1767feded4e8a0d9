// How services were over time, from the runs that pulse-health keeps.
import pLimit from "p-limit";
import type { HealthRun } from "../../events/health-run.ts";
import { DAY_MS } from "../../events/time.ts";
import { judgedPart } from "../../health/away.ts";
import { calendarParts } from "../../health/calendar.ts";
import { withEnd } from "../../health/gone.ts";
import { flappingSpans } from "../../health/incidents.ts";
import { withClock } from "../../health/lag.ts";
import { lagsOf } from "../../health/memory.ts";
import type { ServicesSettings } from "../../health/service-settings.ts";
import { type Uptime, uptimeOf } from "../../health/uptime.ts";
import type { Share } from "../../history/history.ts";
import type { HealthReader } from "../../storage/health-ports.ts";
import type { Span } from "../../storage/span.ts";
import { divide } from "./divide.ts";
import type { HealthHistory, Histories, UptimeAnswer, UptimePart } from "./health-answers.ts";
import { LongPasts, type PastShare } from "./long-pasts.ts";
import { timeText } from "./time-text.ts";
import { turnOf } from "./turn-of.ts";
import { viewPlanned } from "./view.ts";

/** So much before a span is read, too: incidents reach into it, and changes before it count for flapping. */
const BEFORE_MS = DAY_MS;
/** Services whose runs are read at one time. */
const CONCURRENCY = 16;

export interface PastHealthOptions {
  health: HealthReader;
  settings: () => ServicesSettings;
  /** A service is gone once its last pulse is this old. */
  retentionMs: number;
  /** How long runs are kept. */
  historyMs: number;
  now: () => number;
}

/** What was read of a service. */
interface Known {
  judgedUntil: number | null;
  /** Where the service is gone, with its end. */
  runs: HealthRun[];
  /** How far its clock is behind now. */
  clockMs: number;
  /** Epoch ms: what is known of before is not kept whole. */
  keptFrom: number;
}

/** What is known of the past of services. @throws {StoreError} in all its methods */
export class PastHealth {
  readonly #options: PastHealthOptions;
  /** Of questions about many services. */
  readonly #longPasts = new LongPasts();

  constructor(options: PastHealthOptions) {
    this.#options = options;
  }

  /** @throws once the signal aborts */
  async history(service: string, span: Span, limit: number, share: PastShare): Promise<HealthHistory> {
    const { judgedUntil, runs, clockMs } = await this.#read(service, span, share);
    await turnOf(share);
    const ended = runs.map((run, i) => {
      const next = runs[i + 1];
      return next === undefined
        ? { run: { ...run, cause: withClock(run.cause, clockMs) }, until: null }
        : { run, until: next.since };
    });
    const within = ended.filter(
      ({ run, until }) => run.since < span.to && (until ?? Number.POSITIVE_INFINITY) > span.from,
    );
    return {
      service_name: service,
      ...inText(span),
      kept_from: timeText(this.#keptFrom()),
      judged_until: timeText(judgedUntil),
      runs: within
        .slice(-limit)
        .reverse()
        .map(({ run: { health, since, confirmedAt, cause }, until }) => ({
          health,
          since: timeText(since),
          until: timeText(until),
          confirmed_at: timeText(confirmedAt),
          cause,
        })),
      is_cut: within.length > limit,
      maintenance: this.#settings(service).plannedIn(span).map(viewPlanned),
      flapping: flappingSpans(runs)
        .filter(({ from, to }) => from < span.to && to > span.from)
        .map(inText),
    };
  }

  /** Of the past part of a span, and of its days or months. @throws once the signal aborts */
  async uptime(
    service: string,
    given: Span,
    { by, zone = "UTC", ...share }: PastShare & { by?: "day" | "month" | undefined; zone?: string },
  ): Promise<UptimeAnswer> {
    const known = await this.#read(service, given, share);
    const span = this.#judgedPart(given, known);
    const maintenance = this.#settings(service).maintenanceIn(span);
    const of = async (part: Span): Promise<UptimePart> => {
      await turnOf(share);
      const runs = touching(known.runs, part);
      return { ...inText(part), ...viewUptime(uptimeIn(part, { ...known, runs }, maintenance)) };
    };
    const whole = await of(span);
    const parts: UptimePart[] = [];
    if (by !== undefined) for (const part of calendarParts(span, by, zone)) parts.push(await of(part));
    return { service_name: service, judged_until: timeText(known.judgedUntil), ...whole, parts };
  }

  /** Of the last 24 hours that were judged; and whether the service changed more often than four times within the last one. */
  async lately(service: string): Promise<Pick<Uptime, "uptime" | "coverage"> & { isFlapping: boolean }> {
    const now = this.#options.now();
    const given = { from: now - DAY_MS, to: now };
    const known = await this.#read(service, given);
    // The day ends where health is known, so that the answer is the same until more is.
    const { to } = this.#judgedPart(given, known);
    const span = { from: to - DAY_MS, to };
    const { uptime, coverage } = uptimeIn(span, known, this.#settings(service).maintenanceIn(span));
    const isFlapping = flappingSpans(known.runs).some((flap) => flap.to > now);
    return { uptime: shortened(uptime), coverage: shortened(coverage), isFlapping };
  }

  #judgedPart(span: Span, { judgedUntil }: Pick<Known, "judgedUntil">): Span {
    return judgedPart(span, judgedUntil ?? 0, this.#options.now());
  }

  /** Of several services, by bucket. Some of them are read at one time. @throws once the signal aborts */
  async histories(services: readonly string[], span: Span, buckets: number, share: Share): Promise<Histories> {
    const judgedUntil = await this.judgedUntil();
    const past = this.#judgedPart(span, { judgedUntil });
    const parts = divide(span, buckets).map((part) => this.#judgedPart(part, { judgedUntil }));
    const limit = pLimit(CONCURRENCY);
    const historyOf = async (service: string, beforeLong: PastShare["beforeLong"]) => {
      await turnOf(share);
      const known = await this.#read(service, span, { beforeLong, judgedUntil });
      const maintenance = this.#settings(service).maintenanceIn(span);
      const { uptime, coverage } = uptimeIn(past, known, maintenance);
      const views = parts.map((part) =>
        viewSeconds(uptimeIn(part, { ...known, runs: touching(known.runs, part) }, maintenance)),
      );
      const names = Object.keys(views[0] as Seconds) as (keyof Seconds)[];
      const seconds = names.flatMap((name) => {
        const values = views.map((view) => view[name]);
        return values.some((value) => value > 0) ? [[name, values] as const] : [];
      });
      return { service_name: service, uptime, coverage, ...Object.fromEntries(seconds) };
    };
    const histories = await limit.map([...services], (service) =>
      this.#longPasts.during(share.signal, (beforeLong) => historyOf(service, beforeLong)),
    );
    return { ...inText(span), judged_until: timeText(judgedUntil), histories };
  }

  /** Epoch ms. */
  #keptFrom(): number {
    return Math.max(0, this.#options.now() - this.#options.historyMs);
  }

  #settings(service: string) {
    return this.#options.settings().of(service);
  }

  /** Epoch ms; `null` where nothing was ever judged. */
  async judgedUntil(): Promise<number | null> {
    const until = await this.#options.health.judgedUntil();
    return until === 0 ? null : until;
  }

  /** @param known until when services are judged, where that was read already */
  async #read(
    service: string,
    span: Span,
    { beforeLong, judgedUntil: known }: Pick<PastShare, "beforeLong"> & { judgedUntil?: number | null } = {},
  ): Promise<Known> {
    const { health, retentionMs } = this.#options;
    const [judgedUntil, runs, memory] = await Promise.all([
      known === undefined ? this.judgedUntil() : known,
      health.runs(service, wideAround(span), beforeLong),
      health.memory(service),
    ]);
    return {
      judgedUntil,
      runs: withEnd(runs, { memory, judgedUntil: judgedUntil ?? 0, retentionMs }),
      clockMs: lagsOf(memory).clockMs,
      keptFrom: this.#keptFrom(),
    };
  }
}

/** To the end of time: that a run has ended is told by the next one, which may begin after the span. */
function wideAround({ from }: Pick<Span, "from">): Span {
  return { from: from - BEFORE_MS, to: Number.POSITIVE_INFINITY };
}

function uptimeIn(
  span: Span,
  { judgedUntil, runs, keptFrom }: Omit<Known, "clockMs">,
  maintenance: readonly Span[],
): Uptime {
  // The oldest run may begin before what is kept, and others may have been there.
  const kept = runs.map((run) => (run.since < keptFrom ? { ...run, since: keptFrom } : run));
  return uptimeOf({ span, runs: kept, judgedUntil: judgedUntil ?? 0, maintenance });
}

/** A share of a day, to four digits: 0.0001 are nine seconds. Only all is 1, and only nothing is 0. */
function shortened(part: number | null): number | null {
  if (part === null || part <= 0 || part >= 1) return part;
  return Math.min(0.9999, Math.max(0.0001, Math.round(part * 10_000) / 10_000));
}

function viewUptime(uptime: Uptime) {
  return { uptime: uptime.uptime, coverage: uptime.coverage, ...viewSeconds(uptime) };
}

type Seconds = ReturnType<typeof viewSeconds>;
function viewSeconds({ lasted, maintenanceMs }: Uptime) {
  return {
    up_s: lasted.up / 1000,
    degraded_s: lasted.degraded / 1000,
    down_s: lasted.down / 1000,
    late_s: lasted.late / 1000,
    unknown_s: lasted.unknown / 1000,
    maintenance_s: maintenanceMs / 1000,
  };
}

/** The runs that touch a span, and the next one, which ends the last of them. */
function touching(runs: readonly HealthRun[], { from, to }: Span): HealthRun[] {
  const first = runs.findLastIndex(({ since }) => since <= from);
  const end = runs.findIndex(({ since }) => since >= to);
  return runs.slice(Math.max(0, first), end === -1 ? undefined : end + 1);
}

function inText({ from, to }: Span): { from: string; to: string } {
  return { from: timeText(from), to: timeText(to) };
}
