// What is known of a service's past, cut into the cells of a bar. The figures are those of the API's uptime and incidents: the same
// functions make them.
import type { HealthRun } from "../../../../events/health-run.ts";
import type { ServiceHealth } from "../../../../events/service-health.ts";
import { judgedPart } from "../../../../health/away.ts";
import { type Incident, incidentsOf } from "../../../../health/incidents.ts";
import { united } from "../../../../health/spans.ts";
import { type Uptime, uptimeOf } from "../../../../health/uptime.ts";
import type { HealthHistory } from "../../health-answers.ts";

const HALF_HOUR = 30 * 60_000;

/** The spans of the bar: half hours, or days of the reader's time zone. */
export const PASTS = {
  "24h": { words: "24 h", cells: 48, isDays: false },
  "30d": { words: "30 d", cells: 30, isDays: true },
  "90d": { words: "90 d", cells: 90, isDays: true },
} as const;
export type PastName = keyof typeof PASTS;

export type State = ServiceHealth | "maintenance";
/** The worst first. */
export const STATES = ["down", "late", "degraded", "unknown", "maintenance", "up"] as const satisfies readonly State[];

/** The part of a time that a service was in each state; what is absent it never was. */
export type Shares = Partial<Readonly<Record<State, number>>>;

/** A part of a bar. */
export interface Cell {
  from: number;
  to: number;
  shares: Shares;
  /** Why work was planned. */
  reasons: readonly string[];
  /** Whether anything of it is kept. */
  isKept: boolean;
}

/** A service's past over a span. */
export interface Past {
  cells: Cell[];
  uptime: Uptime;
  /** Newest first. */
  incidents: Incident[];
  /** Whether there are older runs than those that are known here. */
  isCut: boolean;
  /** Epoch ms: what was before is not kept; `undefined` where all of the bar is. */
  keptFrom: number | undefined;
}

/** The edges of a bar's cells (epoch ms), oldest first. */
export function edgesOf(name: PastName, now: number): number[] {
  const { cells, isDays } = PASTS[name];
  const today = new Date(now);
  const days = (count: number) => new Date(today.getFullYear(), today.getMonth(), today.getDate() + count).getTime();
  const end = (Math.floor(now / HALF_HOUR) + 1) * HALF_HOUR;
  return Array.from({ length: cells + 1 }, (_, i) => (isDays ? days(i - cells + 1) : end - (cells - i) * HALF_HOUR));
}

/** The past between the first and the last of some edges. */
export function pastOf(history: HealthHistory, edges: readonly number[], now: number): Past {
  const runs: HealthRun[] = history.runs
    .map(({ health, since, confirmed_at, cause }) => ({
      health,
      since: Date.parse(since),
      confirmedAt: Date.parse(confirmed_at),
      cause,
    }))
    .reverse();
  const planned = history.maintenance.map(({ from, to, reason }) => {
    return { from: Date.parse(from), to: Date.parse(to), reason };
  });
  const maintenance = united(planned);
  const judgedUntil = history.judged_until === null ? 0 : Date.parse(history.judged_until);
  const keptFrom = Date.parse(history.kept_from);
  // The oldest run may begin before what is kept, and others may have been there.
  const of = (from: number, to: number) =>
    uptimeOf({
      span: judgedPart({ from: Math.max(from, keptFrom), to }, judgedUntil, now),
      runs,
      judgedUntil,
      maintenance,
    });
  const [from, to] = [edges[0] as number, edges.at(-1) as number];
  return {
    cells: edges.slice(1).map((edge, i) => {
      const start = edges[i] as number;
      const within = planned.filter((work) => work.from < edge && work.to > start);
      const reasons = within.flatMap(({ reason }) => reason ?? []);
      return { from: start, to: edge, shares: sharesOf(of(start, edge)), reasons, isKept: edge > keptFrom };
    }),
    uptime: of(from, to),
    incidents: incidentsOf(runs, maintenance)
      .filter(({ since, until }) => since < to && (until ?? to) > from)
      .reverse(),
    isCut: history.is_cut,
    keptFrom: keptFrom > from ? keptFrom : undefined,
  };
}

/** The part of a time in each state. */
function sharesOf({ lasted, maintenanceMs }: Uptime): Shares {
  const all: Record<State, number> = { ...lasted, maintenance: maintenanceMs };
  const total = STATES.reduce((sum, state) => sum + all[state], 0);
  return Object.fromEntries(STATES.filter((state) => all[state] > 0).map((state) => [state, all[state] / total]));
}
