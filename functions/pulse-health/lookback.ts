// How far back the cells of a service are needed.
import { patienceOf, type RuleSettings } from "../../health/rule.ts";
import { LOOKBACK_MS, type TimelineState } from "../../health/timeline.ts";
import { TIERS } from "../../storage/tiers.ts";

/** The shortest that is looked back: twice the shortest window. */
const LEAST_LOOKBACK_MS = 2 * TIERS.minute;
/** Windows are of three periods. */
const WINDOW_PERIODS = 3;

/** What is needed of the cells before a state, as long as the usual period does not double. */
export function lookbackOf(state: TimelineState, settings: RuleSettings): number {
  return Math.min(LOOKBACK_MS, Math.max(LEAST_LOOKBACK_MS, 2 * windowOf(state, settings)));
}

/** How long a window is after a state. */
export function windowOf({ period }: TimelineState, settings: RuleSettings): number {
  const due = patienceOf(period?.learnt, settings)?.dueMs;
  return due === undefined ? LOOKBACK_MS : Math.min(LOOKBACK_MS, WINDOW_PERIODS * due);
}
