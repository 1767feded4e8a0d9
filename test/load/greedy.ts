// A client that takes what it can, as a process: node test/load/greedy.ts INGEST QUERY FROM SERVICE. It ends with a signal,
// and tells the process that has started it each status that it gets, once.
import { setTimeout as delay } from "node:timers/promises";
import { LoadClient } from "./client.ts";

const SUMMARIES = 10;
const EXPORTS = 12;
const STREAMS = 50;
const BODIES = 6;
const FLOODS = 32;
const LISTS = 8;

/** Whose address it has, what it asks, and the service with many pulses that it reads again and again. */
export interface Greed {
  ingest: string;
  query: string;
  from: string;
  service: string;
}

/** Everything that a client may do too much of, at once, until the signal aborts; `seen` gets the status of each answer. */
export async function beGreedy(
  { ingest, query, from, service }: Greed,
  signal: AbortSignal,
  seen?: (status: number) => void,
): Promise<void> {
  const client = new LoadClient(from, FLOODS + SUMMARIES + LISTS, seen);
  const again = async (count: number, work: (i: number) => Promise<unknown>) => {
    const loop = async (i: number) => {
      while (!signal.aborted) {
        await work(i);
        // One that is refused at once shall not only heat this process.
        await delay(1, undefined, { signal }).catch(() => undefined);
      }
    };
    await Promise.all(Array.from({ length: count }, (_, i) => loop(i)));
  };
  const headers = { "content-type": "application/json" };
  const pulses = (count: number) =>
    JSON.stringify(Array.from({ length: count }, () => ({ service_name: "greedy", latency_ms: 1, status: "ok" })));
  const [small, large] = [pulses(1), pulses(500)];
  const lines = { accept: "application/x-ndjson" };
  let number = 0;
  await Promise.all([
    again(SUMMARIES, () =>
      client.ask(query, {
        path: `/services/${service}/summary?from=${Date.now() - 86_400_000 - ++number}&buckets=${1 + (number % 500)}`,
      }),
    ),
    again(EXPORTS, () => client.leaveUnread(query, { path: `/services/${service}/pulses`, headers: lines }, signal)),
    again(STREAMS, (i) =>
      client.leaveUnread(query, { path: i % 2 === 0 ? "/live" : `/services/${service}/live` }, signal),
    ),
    again(BODIES, () => client.stall(ingest, "/pulse", 3_000_000, signal)),
    again(FLOODS, (i) =>
      client.ask(ingest, { method: "POST", path: "/pulse", headers, body: i % 4 === 0 ? large : small }),
    ),
    again(LISTS, () => client.ask(query, { path: `/services?limit=${1000 + (++number % 1000)}` })),
  ]);
  client.close();
}

if (import.meta.main) {
  const [ingest = "", query = "", from = "", service = ""] = process.argv.slice(2);
  const abort = new AbortController();
  process.once("SIGTERM", () => abort.abort());
  const told = new Set<number>();
  await beGreedy({ ingest, query, from, service }, abort.signal, (status) => {
    if (!told.has(status)) process.send?.(status);
    told.add(status);
  });
}
