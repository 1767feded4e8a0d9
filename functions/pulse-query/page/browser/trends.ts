// The small curves of the wall: p95 of the last hour. Spans end at whole steps, so that all screens ask for the same span.
import { readTrends } from "./api.ts";
import { gathering } from "./gathering.ts";

const STEP_MS = 2 * 60_000;
const STEPS = 30;

/** p95 by step, oldest first; `null` where there was no pulse. */
export type Trend = readonly (number | null)[];

/** The trend of a service, read again with each step while the service is in view. */
export const useTrend = gathering<Trend>({
  stepMs: STEP_MS,
  async read(services, to) {
    const { trends } = await readTrends(services, { from: to - STEPS * STEP_MS, to, buckets: STEPS });
    return trends.map(({ service_name: service, p95 }) => [service, p95] as const);
  },
});
