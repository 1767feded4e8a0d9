import type { Incident } from "../../../../health/incidents.ts";
import type { Uptime } from "../../../../health/uptime.ts";
import type { PlannedWorkView, ServiceDetail } from "../../answers.ts";
import { formatDuration, formatMinute, formatShare } from "./format.ts";
import { type Cell, PASTS, type PastName, type Shares, STATES } from "./past.ts";

/** A cell in words: `09:30–10:00: down 40 % (12 min), up 60 %`. */
export function describeCell({ from, to, shares, reasons, isKept }: Cell, name: PastName, now: number): string {
  const start = describeStart({ from }, name, now);
  const when = PASTS[name].isDays ? start : `${start}–${formatMinute(to, now)}`;
  if (!isKept) return `${when}: not kept`;
  const why = reasons.length === 0 ? "" : `; work: ${reasons.join("; ")}`;
  return `${when}${to > now ? " (until now)" : ""}: ${describeShares(shares, Math.min(to, now) - from)}${why}`;
}

/** What is planned for now, or next. */
export function describePlan(plan: readonly PlannedWorkView[], now: number): string | undefined {
  const [next] = plan;
  if (next === undefined) return undefined;
  const running = plan.filter(({ from }) => Date.parse(from) <= now);
  const [from, to] = [Date.parse(next.from), Math.max(...[next, ...running].map(({ to }) => Date.parse(to)))];
  const reasons = (running.length > 0 ? running : [next]).flatMap(({ reason }) => reason ?? []);
  const when =
    from <= now
      ? `Work until ${formatMinute(to, now)}`
      : `Work planned for ${formatMinute(from, now)}–${formatMinute(to, now)}`;
  return [when, ...reasons].join(": ");
}

/** When a cell begins. */
export function describeStart({ from }: Pick<Cell, "from">, name: PastName, now: number): string {
  if (!PASTS[name].isDays) return formatMinute(from, now);
  return new Date(from).toLocaleDateString("en-GB", { weekday: "short", day: "numeric", month: "short" });
}

function describeShares(shares: Shares, lengthMs: number): string {
  const parts = STATES.flatMap((state) => {
    const share = shares[state];
    return share === undefined ? [] : [{ words: state === "maintenance" ? "in maintenance" : state, share }];
  });
  const [only] = parts;
  if (only === undefined) return "nothing is known yet";
  if (parts.length === 1) return only.words === "unknown" ? "nothing is known" : `${only.words} all the time`;
  return parts
    .map(({ words, share }) => {
      const lasted = words === "up" ? "" : ` (${formatDuration(share * lengthMs)})`;
      return `${words} ${formatShare(share, 1)}${lasted}`;
    })
    .join(", ");
}

/** An uptime in percent, cut and not rounded: 100 % is said of nothing less. */
export function formatUptime(uptime: number): string {
  return uptime > 0 && uptime < 0.0001 ? "< 0.01 %" : `${Math.floor(uptime * 10_000) / 100} %`;
}

/** What is said of the uptime of a span. Nothing known is neither 0 nor 100 %. */
export function describeUptime({ uptime, coverage, maintenanceMs }: Uptime): { figure: string; words: string } {
  const planned = maintenanceMs > 0 ? `, without ${formatDuration(maintenanceMs)} of maintenance` : "";
  if (coverage === null) return { figure: "–", words: "all of it is maintenance" };
  if (uptime === null) return { figure: "–", words: "nothing is known of this time" };
  const known = coverage === 1 ? "" : `, of the ${formatShare(coverage, 1)} of the time that is known`;
  return { figure: formatUptime(uptime), words: `up${known}${planned}` };
}

/** When an incident was, and how long. */
export function describeTimes({ since, until }: Incident, now: number): string {
  const lasted = formatDuration((until ?? now) - since);
  return until === undefined
    ? `since ${formatMinute(since, now)} (${lasted})`
    : `${formatMinute(since, now)}–${formatMinute(until, now)} (${lasted})`;
}

/** Below this a period says nothing to a person. */
const SEVERAL_A_SECOND_MS = 1000;

type Rhythm = Pick<ServiceDetail, "usual_period_ms" | "late_at" | "last_seen">;

/** How often a service pulses, and when it is late. */
export function rhythmOf({ usual_period_ms: period, late_at: lateAt, last_seen: lastSeen }: Rhythm): string {
  if (period === null) return "its usual period is not known yet";
  const usually =
    period < SEVERAL_A_SECOND_MS ? "several pulses a second" : `pulses about every ${formatDuration(period)}`;
  if (lateAt === null) return usually;
  return `${usually}, late after ${formatDuration(Date.parse(lateAt) - Date.parse(lastSeen))} of silence`;
}
