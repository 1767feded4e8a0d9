import { SERVICE_HEALTHS, type ServiceHealth } from "../../../../events/service-health.ts";
import { isAway } from "../../../../health/away.ts";
import { formatCount, formatTime } from "./format.ts";
import type { Connection } from "./live.ts";

/** Since when pulse-health has judged nothing, where that is long ago. */
export function unjudgedSince({ judged }: Connection, now: number): string | undefined {
  if (judged === undefined || judged.until === null) return undefined;
  return isAway(judged.heardAt, now) ? judged.until : undefined;
}

/** When the services were last known to be as they are shown, unless that is now. */
export function asOf({ state, heardAt, nothingNewSince }: Connection): string | undefined {
  if (nothingNewSince !== undefined) return nothingNewSince;
  return heardAt > 0 && state !== "live" && state !== "waiting" ? new Date(heardAt).toISOString() : undefined;
}

/** The headline of the wall. */
export function verdictOf(
  counts: Readonly<Record<ServiceHealth, number>>,
  total: number,
  then: string | undefined,
): string {
  const when = then === undefined ? "" : ` at ${formatTime(then, Date.now())}`;
  const [is, are] = then === undefined ? ["is", "are"] : ["was", "were"];
  const troubled = total - counts.up;
  if (troubled === 0) {
    return total === 1 ? `The one service ${is} up${when}` : `All ${formatCount(total)} services ${are} up${when}`;
  }
  const parts = SERVICE_HEALTHS.filter((health) => health !== "up" && counts[health] > 0);
  return `${parts.map((health) => `${formatCount(counts[health])} ${health}`).join(", ")} of ${formatCount(total)} services${when}`;
}
