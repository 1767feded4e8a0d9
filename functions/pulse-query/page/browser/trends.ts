// The small curves of the wall: p95 of the last hour. The page asks only for services whose tile is in view, for many in one
// request. Spans end at whole steps, so that all screens ask for the same span.
import { useEffect, useState } from "preact/hooks";
import { readTrends } from "./api.ts";

const STEP_MS = 2 * 60_000;
const STEPS = 30;
const RETRY_MS = 10_000;
/** Tiles that come into view within this time share a request. */
const GATHER_MS = 50;
/** Screens do not all ask in the same moment. */
const OWN_DELAY_MS = Math.random() * 1000;
/** pulse-query takes so many services in a request, and URLs of 4,096 characters. */
const MAX_SERVICES = 240;
const MAX_CHARACTERS = 3500;

/** p95 by step, oldest first; `null` where there was no pulse. */
export type Trend = readonly (number | null)[];

const known = new Map<string, { to: number; trend: Trend }>();
/** Services that wait for the next request. */
let waiting = new Set<string>();
let next: Promise<void> | undefined;

/** The trend of a service, read again with each step while the service is in view. */
export function useTrend(service: string, isVisible: boolean): Trend | undefined {
  const [trend, setTrend] = useState<Trend | undefined>(known.get(service)?.trend);
  useEffect(() => {
    if (!isVisible) return;
    let isGone = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const refresh = async () => {
      let waitMs = endOfSpan() - Date.now() + OWN_DELAY_MS;
      try {
        if (known.get(service)?.to !== endOfSpan()) await read(service);
        setTrend(known.get(service)?.trend);
      } catch {
        waitMs = RETRY_MS; // The masthead shows when the connection is lost.
      }
      if (!isGone) timer = setTimeout(refresh, waitMs);
    };
    void refresh();
    return () => {
      isGone = true;
      waiting.delete(service);
      clearTimeout(timer);
    };
  }, [service, isVisible]);
  return trend;
}

function endOfSpan(): number {
  return Math.floor(Date.now() / STEP_MS + 1) * STEP_MS;
}

/** Resolves when the trend is known. */
function read(service: string): Promise<void> {
  waiting.add(service);
  next ??= new Promise((resolve) => setTimeout(resolve, GATHER_MS)).then(() => {
    const services = [...waiting];
    waiting = new Set();
    next = undefined;
    return readAll(services);
  });
  return next;
}

async function readAll(services: readonly string[]): Promise<void> {
  const to = endOfSpan();
  for (const some of requestsOf(services)) {
    const { trends } = await readTrends(some, { from: to - STEPS * STEP_MS, to, buckets: STEPS });
    for (const { service_name: service, p95 } of trends) known.set(service, { to, trend: p95 });
  }
}

/** In the same order each time, so that screens with the same tiles share an answer. */
function requestsOf(services: readonly string[]): string[][] {
  const requests: string[][] = [[]];
  let characters = 0;
  for (const service of services.toSorted()) {
    const length = encodeURIComponent(service).length + 1;
    const last = requests.at(-1) as string[];
    if (last.length > 0 && (last.length === MAX_SERVICES || characters + length > MAX_CHARACTERS)) {
      requests.push([service]);
      characters = length;
    } else {
      last.push(service);
      characters += length;
    }
  }
  return requests.filter((request) => request.length > 0);
}
