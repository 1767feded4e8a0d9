import { setTimeout as delay } from "node:timers/promises";
import type { Pulse } from "../../events/pulse.ts";
import { bucketOf } from "../../storage/cassandra/pulse-row.ts";
import { cpuMicros } from "../process.ts";
import { median, percentile, type Row } from "../table.ts";
import { makeUpServices } from "./made-up-services.ts";
import { HOUR_MS, type Rig, storeWrite, type Table } from "./rig.ts";

const ROUNDS = 7;
/** Rounds before those, in which both processes compile their hot code. */
const WARM_UP_ROUNDS = 4;
const READS = 200;
const NEWEST = 100;
const SPAN_MS = 24 * HOUR_MS;

/** The services to read: the newest rows of one lie in one hour, those of the other in two. */
const SERVICES = [
  { service: "busy", everyMs: 10_000 },
  { service: "quiet", everyMs: 60_000 },
] as const;

interface ReadCost {
  p50Ms: number;
  ourMicros: number;
  cassandraMicros: number;
}

/** The newest 100 pulses of a service beside the driver's own query, in a table of 10,000 rows. */
export async function benchNewest(rig: Rig): Promise<Row[]> {
  const [table] = await fillTables(rig, [10_000]);
  const costs = await measureInTurns(rig, [table as FilledTable]);
  return costs.map(({ service, raw, store }) => ({
    what: `cassandra: newest 100 of a ${service} service`,
    figure: textOf(store),
    beside: `raw query: ${textOf(raw)} (${(store.p50Ms / raw.p50Ms).toFixed(2)} ×)`,
    goal: "≤ 1.5 × raw",
    isMet: store.p50Ms <= 1.5 * raw.p50Ms,
  }));
}

/** The same in a small table and in a large one on the same node; filling the large one takes minutes. */
export async function benchGrowth(rig: Rig, rows = 10_000_000): Promise<Row[]> {
  const costs = await measureInTurns(rig, await fillTables(rig, [10_000, rows]));
  return SERVICES.map(({ service }) => {
    const [small, large] = costs.filter((cost) => cost.service === service).map(({ store }) => store) as [
      ReadCost,
      ReadCost,
    ];
    const ratio = large.p50Ms / small.p50Ms;
    return {
      what: `cassandra: newest 100 of a ${service} service among ${(rows / 1e6).toFixed(0)} million rows`,
      figure: textOf(large),
      beside: `among 10,000 rows: ${textOf(small)} (${ratio.toFixed(2)} ×)`,
      goal: "the same (≤ 1.2 ×)",
      isMet: ratio <= 1.2,
    };
  });
}

interface FilledTable {
  table: Table;
  /** The end of its newest hour. */
  end: number;
}

/** Tables of so many rows each, all on disk: a restart reads back only what is there. */
async function fillTables(rig: Rig, rowCounts: readonly number[]): Promise<FilledTable[]> {
  // A whole hour: the newest bucket then holds as many rows at any time of day.
  const end = bucketOf(Date.now(), HOUR_MS);
  const filled: FilledTable[] = [];
  for (const rows of rowCounts) {
    const table = await rig.openTable();
    await fillDay(table, rows, end);
    filled.push({ table, end });
  }
  await rig.node.restart();
  for (const { table } of filled) await untilQuiet(table);
  return filled;
}

/** Waits until the table can be used again and no compaction runs. */
async function untilQuiet({ store, client }: Table): Promise<void> {
  for (;;) {
    const isReady = await store.check().then(
      () => true,
      () => false,
    );
    if (isReady) {
      const tasks = await client.execute("SELECT task_id FROM system_views.sstable_tasks").catch(() => undefined);
      if (tasks?.rowLength === 0) return;
    }
    await delay(200);
  }
}

interface Measured {
  service: string;
  raw: ReadCost;
  store: ReadCost;
}

/** Measures each service in each table, by the store and by the driver, in turns. */
async function measureInTurns(rig: Rig, tables: readonly FilledTable[]): Promise<Measured[]> {
  const subjects = tables.flatMap((filled) =>
    SERVICES.map(({ service }) => ({ filled, service, raw: [] as ReadCost[], store: [] as ReadCost[] })),
  );
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    for (const { filled, service, raw, store } of subjects) {
      const rawCost = await measure(rig, () => readRaw(filled, service));
      const storeCost = await measure(rig, () => readByStore(filled, service));
      if (round < 0) continue;
      raw.push(rawCost);
      store.push(storeCost);
    }
  }
  return subjects.map(({ service, raw, store }) => ({ service, raw: middleOf(raw), store: middleOf(store) }));
}

async function readByStore({ table, end }: FilledTable, service: string): Promise<void> {
  const page = await table.store.page(service, { from: end - SPAN_MS, to: end + HOUR_MS }, NEWEST);
  if (!page.ok || page.value.pulses.length !== NEWEST) throw new Error(`Expected ${NEWEST} pulses of ${service}`);
}

/** What a caller would write who knows that the newest hours hold rows. */
async function readRaw({ table: { client, statements }, end }: FilledTable, service: string): Promise<void> {
  let left = NEWEST;
  for (let bucket = end - HOUR_MS; left > 0; bucket -= HOUR_MS) {
    const params = [service, bucket, end - SPAN_MS, end + HOUR_MS, left];
    left -= (await client.execute(`${statements.newest} LIMIT ?`, params)).rowLength;
  }
}

async function measure({ node }: Rig, read: () => Promise<void>): Promise<ReadCost> {
  const pid = node.pid as number;
  const times: number[] = [];
  const [ourStart, cassandraStart] = [cpuMicros(process.pid), cpuMicros(pid)];
  for (let i = 0; i < READS; i++) {
    const startedAt = performance.now();
    await read();
    times.push(performance.now() - startedAt);
  }
  return {
    p50Ms: percentile(times, 50),
    ourMicros: (cpuMicros(process.pid) - ourStart) / READS,
    cassandraMicros: (cpuMicros(pid) - cassandraStart) / READS,
  };
}

function middleOf(costs: readonly ReadCost[]): ReadCost {
  return {
    p50Ms: median(costs.map((cost) => cost.p50Ms)),
    ourMicros: median(costs.map((cost) => cost.ourMicros)),
    cassandraMicros: median(costs.map((cost) => cost.cassandraMicros)),
  };
}

function textOf({ p50Ms, ourMicros, cassandraMicros }: ReadCost): string {
  return `p50 ${p50Ms.toFixed(2)} ms, ${ourMicros.toFixed(0)} µs ours, ${cassandraMicros.toFixed(0)} µs Cassandra's`;
}

/** Writes the rows of a day in the order of their time; the services to read have 1,440 and 2,000 of them. */
async function fillDay(table: Table, rows: number, end: number): Promise<void> {
  const others = makeUpServices(500);
  const own = SERVICES.flatMap(({ service, everyMs }) =>
    Array.from({ length: Math.min(2000, SPAN_MS / everyMs) }, (_, i): Pulse => {
      const fields = { latency_ms: i, status: "ok", id: `${service}-${i}`, source: "/pulse" };
      return { service_name: service, event_time: end - 1 - i * everyMs, ...fields };
    }),
  ).sort((a, b) => a.event_time - b.event_time);
  const steps = Math.max(1, Math.ceil((rows - own.length) / 1000));
  let step = 0;
  let taken = 0;
  const loop = async () => {
    while (step < steps) {
      const time = end - SPAN_MS + Math.floor((SPAN_MS * ++step) / steps) - 1;
      const first = taken;
      while (taken < own.length && (own[taken] as Pulse).event_time <= time) taken++;
      if (step % 1000 === 0) console.error(`filling: ${((100 * step) / steps).toFixed(0)} %`);
      const rest = Array.from({ length: 10 }, () => others.ofOne(100, time)).flat();
      await storeWrite(table, [...own.slice(first, taken), ...rest]);
    }
  };
  await Promise.all(Array.from({ length: 16 }, loop));
}
