// What the way of the pulses is recorded as: how much of it ingest failed to take, and the ledger.
import { orZero, ratio, total } from "../promql.ts";
import { RECORDED, SERIES } from "../selectors.ts";
import type { RecordingRule, RuleOptions } from "./rule.ts";

const HOUR_SECONDS = 3600;

/** The windows of the error budget, by the name they have in a recorded series. */
export const BURN_WINDOWS = { "5m": 300, "30m": 1800, "1h": 3600, "2h": 7200, "6h": 21_600, "1d": 86_400 } as const;

/** The share of posts that ingest failed to take, in each window. */
export function budgetRules({ timing }: RuleOptions): RecordingRule[] {
  return Object.entries(BURN_WINDOWS).map(([name, seconds]) => {
    const window = timing.window(seconds);
    return {
      record: RECORDED.ingestFailureRatio(name),
      expr: ratio(total(SERIES.ingestFailures, window), total(SERIES.ingestRequests, window)),
    };
  });
}

/** The ledger of a window: accepted + replayed − stored − dead-lettered; what is in flight is a part of it. */
export function unaccountedOf(window: string): string {
  const count = (counter: string) => `(${orZero(total(counter, window))})`;
  const taken = `${count(SERIES.accepted)} + ${count(SERIES.deadLetterPulsesReplayed)}`;
  return `${taken} - ${count(SERIES.stored)} - ${count(SERIES.deadLetterPulses)}`;
}

/** The ledger of the last hour. */
export function ledgerRules({ timing }: RuleOptions): RecordingRule[] {
  const window = timing.window(HOUR_SECONDS);
  return [
    { record: RECORDED.accepted, expr: orZero(total(SERIES.accepted, window)) },
    { record: RECORDED.unaccounted, expr: unaccountedOf(window) },
  ];
}
