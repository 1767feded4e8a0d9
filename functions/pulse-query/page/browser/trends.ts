// The small curves of the wall: p95 of the last hour. The page asks only for services whose tile is in view. Spans end at
// whole steps, so that all screens ask for the same span and share the answer.
import pLimit from "p-limit";
import { useEffect, useState } from "preact/hooks";
import { readSummary } from "./api.ts";

const STEP_MS = 2 * 60_000;
const STEPS = 30;
const CONCURRENCY = 4;
const RETRY_MS = 10_000;

/** p95 by step, oldest first; `null` where there was no pulse. */
export type Trend = readonly (number | null)[];

const known = new Map<string, { to: number; trend: Trend }>();
const inTurn = pLimit(CONCURRENCY);

/** The trend of a service, read again with each step while the service is in view. */
export function useTrend(service: string, isVisible: boolean): Trend | undefined {
  const [trend, setTrend] = useState<Trend | undefined>(known.get(service)?.trend);
  useEffect(() => {
    if (!isVisible) return;
    const leaving = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const { signal } = leaving;
    const refresh = async () => {
      const to = Math.floor(Date.now() / STEP_MS + 1) * STEP_MS;
      let waitMs = to - Date.now() + Math.random() * 1000;
      try {
        if (known.get(service)?.to !== to) {
          const span = { from: to - STEPS * STEP_MS, to, buckets: STEPS };
          const summary = await inTurn(() => readSummary(service, span, signal));
          known.set(service, { to, trend: summary.buckets.map(({ p95 }) => p95) });
        }
        setTrend(known.get(service)?.trend);
      } catch {
        waitMs = RETRY_MS; // The masthead shows when the connection is lost.
      }
      if (!signal.aborted) timer = setTimeout(refresh, waitMs);
    };
    void refresh();
    return () => {
      leaving.abort();
      clearTimeout(timer);
    };
  }, [service, isVisible]);
  return trend;
}
