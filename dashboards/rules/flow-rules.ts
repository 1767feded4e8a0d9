// Records what share of requests pulse-ingest failed to take, and the ledger of accepted and stored pulses.
import { less, orZero, ratio, total } from "../promql.ts";
import { RECORDED, SERIES } from "../selectors.ts";
import type { RecordingRule, RuleOptions } from "./rule.ts";

/** The windows of the error budget in seconds, by their names in recorded series. */
export const BURN_WINDOWS = { "5m": 300, "30m": 1800, "1h": 3600, "2h": 7200, "6h": 21_600, "1d": 86_400 } as const;

/** The share of requests that pulse-ingest failed to take, in each window. */
export function budgetRules({ timing }: RuleOptions): RecordingRule[] {
  return Object.entries(BURN_WINDOWS).map(([name, seconds]) => {
    const window = timing.window(seconds);
    // PulseServicesRefused tells of names beyond the bound: the broker has nothing to do with them, and known services go on.
    const failures = less(total(SERIES.ingestFailures, window), total(SERIES.servicesTurnedAway, window));
    return {
      record: RECORDED.ingestFailureRatio(name),
      expr: ratio(failures, total(SERIES.ingestRequests, window)),
    };
  });
}

/** The ledger of a window: accepted + replayed − stored − dead-lettered. It includes what is in flight. */
export function unaccountedOf(window: string): string {
  const count = (counter: string) => `(${orZero(total(counter, window))})`;
  const taken = `${count(SERIES.accepted)} + ${count(SERIES.deadLetterPulsesReplayed)}`;
  return `${taken} - ${count(SERIES.stored)} - ${count(SERIES.deadLetterPulses)}`;
}

/** The ledger of the last hour. */
export function ledgerRules({ timing }: RuleOptions): RecordingRule[] {
  const window = timing.window(BURN_WINDOWS["1h"]);
  return [
    { record: RECORDED.accepted, expr: orZero(total(SERIES.accepted, window)) },
    { record: RECORDED.unaccounted, expr: unaccountedOf(window) },
  ];
}
