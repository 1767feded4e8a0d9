// The Cassandra store beside the driver itself, on one real node and in turns, so that what disturbs one disturbs all.
// `raw` writes the same rows in hand-made batches of 50; `one by one` is a prepared insert for each pulse.
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Client } from "cassandra-driver";
import type { Pulse } from "../events/pulse.ts";
import { findWay, startCassandra } from "../local/cassandra/cluster.ts";
import { cassandraSettings } from "../settings/cassandra-settings.ts";
import { readSettings } from "../settings/setting.ts";
import { clientOptionsOf } from "../storage/cassandra/client-options.ts";
import { openCassandraPulseStore } from "../storage/cassandra/pulse-store.ts";
import { bucketOf, insertOf, pulseStatements, type Statement } from "../storage/cassandra/row.ts";
import { applySchema } from "../storage/cassandra/schema-apply.ts";
import { loadMigrations } from "../storage/cassandra/schema-files.ts";
import { cpuMicros } from "./process.ts";
import { median, percentile, type Row } from "./table.ts";

const HOUR_MS = 3_600_000;
const RETENTION_MS = 30 * 24 * HOUR_MS;
const TTL_SECONDS = RETENTION_MS / 1000;
const ROUNDS = 5;
const RAW_BATCH = 50;
const RAW_IN_FLIGHT = 8;
const CLIENTS = 64;
const WARM_UP_ROWS = 500_000;

interface Rig {
  client: Client;
  store: ReturnType<typeof openCassandraPulseStore>;
  statements: ReturnType<typeof pulseStatements>;
  pid: number;
}

/** What one way of writing cost. */
interface Cost {
  rowsPerSecond: number;
  ourMicros: number;
  cassandraMicros: number;
}

/** Measures every figure for about `seconds`; `tableRows` is how large the table is made for reading. */
export async function benchCassandra(seconds: number, tableRows = 1_000_000): Promise<Row[]> {
  const way = await findWay();
  if (way.kind !== "java") {
    return [
      {
        what: "cassandra",
        figure: `not measured: ${way.kind === "none" ? way.reason : "CPU is counted of a process, not of a container"}`,
      },
    ];
  }
  const dataDir = await mkdtemp(join(tmpdir(), "pulsemesh-bench-"));
  const cassandra = await startCassandra({
    dataDir,
    heapMb: 1024,
    say: (line) => console.error(line),
  });
  const keyspace = `pulse_bench_${randomUUID().slice(0, 8)}`;
  const settings = readSettings(cassandraSettings, {
    PULSE_CASSANDRA_CONTACT_POINTS: cassandra.contactPoints.join(","),
    PULSE_CASSANDRA_KEYSPACE: keyspace,
  });
  const client = new Client(await clientOptionsOf({ ...settings, requestTimeoutMs: 30_000 }));
  await client.connect();
  await applySchema({
    client,
    plan: {
      keyspace,
      replication: { [cassandra.localDataCenter]: 1 },
      retentionMs: RETENTION_MS,
      bucketMs: HOUR_MS,
    },
    migrations: await loadMigrations(),
    hasReplicationSetting: false,
    say: () => {},
  });
  const store = openCassandraPulseStore({ settings, retentionMs: RETENTION_MS });
  await store.check();
  const rig: Rig = { client, store, statements: pulseStatements(keyspace), pid: cassandra.nodes[0]?.pid ?? 0 };
  try {
    return [...(await benchWrites(rig, seconds)), ...(await benchReads(rig, tableRows))];
  } finally {
    await store.close();
    await client.shutdown();
    await cassandra.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function benchWrites(rig: Rig, seconds: number): Promise<Row[]> {
  const one = fleet(1);
  const many = fleet(200);
  const ways: Record<string, () => Promise<Cost>> = {
    rawOne: () => measure(rig, seconds, RAW_IN_FLIGHT, () => rawBatch(rig, one.partition(RAW_BATCH))),
    storeOne: () => measure(rig, seconds, CLIENTS, () => storeWrite(rig, one.mixed(100))),
    rawMany: () => measure(rig, seconds, RAW_IN_FLIGHT, () => rawBatch(rig, many.partition(RAW_BATCH))),
    storeMany: () => measure(rig, seconds, CLIENTS, () => storeWrite(rig, many.mixed(500))),
    oneByOne: () => measure(rig, seconds, CLIENTS, () => rawInsert(rig, one.mixed(1))),
    storeSingle: () => measure(rig, seconds, CLIENTS, () => storeWrite(rig, one.mixed(1))),
  };
  // Both processes compile what is hot: until they have, a row costs many times as much.
  await fill(rig, WARM_UP_ROWS);
  const costs = new Map<string, Cost[]>(Object.keys(ways).map((name) => [name, []]));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, way] of Object.entries(ways)) {
      const cost = await way();
      if (round > 0) costs.get(name)?.push(cost);
    }
  }
  const of = (name: string): Cost => {
    const found = costs.get(name) ?? [];
    return {
      rowsPerSecond: median(found.map((cost) => cost.rowsPerSecond)),
      ourMicros: median(found.map((cost) => cost.ourMicros)),
      cassandraMicros: median(found.map((cost) => cost.cassandraMicros)),
    };
  };
  return [
    ...compare("one service, 64 writes of 100", of("storeOne"), "raw batches of 50", of("rawOne"), 0.8, 1.15),
    ...compare("200 services, 64 writes of 500", of("storeMany"), "raw, same partitions", of("rawMany"), 0.6),
    ...compare("single pulses, 64 writes of 1", of("storeSingle"), "one by one", of("oneByOne"), 2),
  ];
}

function compare(what: string, ours: Cost, peer: string, theirs: Cost, least: number, most?: number): Row[] {
  const speed = ours.rowsPerSecond / theirs.rowsPerSecond;
  const load = ours.cassandraMicros / theirs.cassandraMicros;
  const micros = (figure: number) => `${figure.toFixed(1)} µs`;
  return [
    {
      what: `cassandra: ${what}, rows/s`,
      figure: ours.rowsPerSecond.toFixed(0),
      beside: `${peer}: ${theirs.rowsPerSecond.toFixed(0)} (${speed.toFixed(2)} ×)`,
      goal: `≥ ${least} × peer`,
      isMet: speed >= least,
    },
    {
      what: `cassandra: ${what}, Cassandra's CPU a row`,
      figure: micros(ours.cassandraMicros),
      beside: `${peer}: ${micros(theirs.cassandraMicros)} (${load.toFixed(2)} ×)`,
      ...(most !== undefined && { goal: `≤ ${most} × peer`, isMet: load <= most }),
    },
    {
      what: `cassandra: ${what}, our CPU a row`,
      figure: micros(ours.ourMicros),
      beside: `${peer}: ${micros(theirs.ourMicros)}`,
      ...(most !== undefined && { goal: "≤ 12 µs", isMet: ours.ourMicros <= 12 }),
    },
  ];
}

/** Keeps `concurrency` pieces of work under way for a time; each gives the rows it wrote. */
async function measure(rig: Rig, seconds: number, concurrency: number, work: () => Promise<number>): Promise<Cost> {
  const [ourStart, cassandraStart, startedAt] = [cpuMicros(process.pid), cpuMicros(rig.pid), performance.now()];
  const deadline = startedAt + seconds * 1000;
  let rows = 0;
  const loop = async () => {
    while (performance.now() < deadline) {
      const written = await work();
      rows += written;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, loop));
  const elapsed = (performance.now() - startedAt) / 1000;
  return {
    rowsPerSecond: rows / elapsed,
    ourMicros: (cpuMicros(process.pid) - ourStart) / rows,
    cassandraMicros: (cpuMicros(rig.pid) - cassandraStart) / rows,
  };
}

// On a busy machine Cassandra may time out; each way tries again, as a broker would.
async function storeWrite({ store }: Rig, pulses: Pulse[]): Promise<number> {
  for (;;) {
    const outcome = await store.write(pulses);
    if (outcome.kind === "stored") return pulses.length;
    if (outcome.kind === "rejected") throw new Error(outcome.reason);
    console.error(`again: ${outcome.reason}`);
    await delay(200);
  }
}

async function untilDone(work: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      console.error(`again: ${error}`);
      await delay(200);
    }
  }
}

async function rawBatch(rig: Rig, pulses: Pulse[]): Promise<number> {
  const inserts = pulses.map((pulse) => insert(rig, pulse));
  await untilDone(() => rig.client.batch(inserts, { logged: false }));
  return pulses.length;
}

async function rawInsert(rig: Rig, pulses: Pulse[]): Promise<number> {
  const { query, params } = insert(rig, pulses[0] as Pulse);
  await untilDone(() => rig.client.execute(query, params));
  return 1;
}

function insert({ statements }: Rig, pulse: Pulse): Statement {
  const time = pulse.event_time;
  return insertOf(statements, { pulse, time, bytes: 0 }, bucketOf(time, HOUR_MS), TTL_SECONDS);
}

/** Makes pulses of some services, all of the current hour. A quarter of them have metadata. */
function fleet(services: number) {
  const names = Array.from({ length: services }, (_, i) => `bench-${services}-${i}`);
  const run = randomUUID().slice(0, 8);
  let count = 0;
  const pulseOf = (service: string): Pulse => {
    count++;
    const pulse: Pulse = {
      service_name: service,
      event_time: Date.now(),
      latency_ms: (count % 4000) / 16,
      status: "ok",
      id: `${run}-${count}`,
      source: "/pulse",
    };
    if (count % 4 === 0) pulse.metadata = { region: "eu-west-1", version: "1.2.3" };
    return pulse;
  };
  let turn = 0;
  return {
    /** Of one service; the next call takes the next. */
    partition(size: number): Pulse[] {
      const name = names[turn++ % services] as string;
      return Array.from({ length: size }, () => pulseOf(name));
    },
    /** Of all services in turn. */
    mixed(size: number): Pulse[] {
      return Array.from({ length: size }, () => pulseOf(names[turn++ % services] as string));
    },
  };
}

async function benchReads(rig: Rig, tableRows: number): Promise<Row[]> {
  const service = "bench-read";
  const now = Date.now();
  const history = Array.from({ length: 2000 }, (_, i) => ({
    ...(fleet(1).mixed(1)[0] as Pulse),
    service_name: service,
    event_time: now - i * 60_000,
    id: `history-${i}`,
  }));
  await rig.store.write(history);
  const small = await benchNewest(rig, service);
  await fill(rig, tableRows);
  const large = await benchNewest(rig, service);
  const million = `${tableRows / 1e6} million`;
  const figures = ({ p50Ms, ourMicros, cassandraMicros }: ReadCost) =>
    `p50 ${p50Ms.toFixed(2)} ms, ${ourMicros.toFixed(0)} µs ours, ${cassandraMicros.toFixed(0)} µs Cassandra's`;
  return [
    {
      what: "cassandra: newest 100 of a service",
      figure: figures(small.store),
      beside: `raw query: ${figures(small.raw)} (${(small.store.p50Ms / small.raw.p50Ms).toFixed(2)} ×)`,
      goal: "≤ 1.5 × raw",
      isMet: small.store.p50Ms <= 1.5 * small.raw.p50Ms,
    },
    {
      what: `cassandra: the same with ${million} rows more`,
      figure: figures(large.store),
      beside: `raw query: ${figures(large.raw)} (${(large.store.p50Ms / large.raw.p50Ms).toFixed(2)} ×)`,
      goal: "the same",
    },
  ];
}

interface ReadCost {
  p50Ms: number;
  ourMicros: number;
  cassandraMicros: number;
}

async function benchNewest(rig: Rig, service: string): Promise<{ store: ReadCost; raw: ReadCost }> {
  const { store, client, statements, pid } = rig;
  const span = { from: Date.now() - 24 * HOUR_MS, to: Date.now() + HOUR_MS };
  const bucket = bucketOf(Date.now(), HOUR_MS);
  // What someone would write who knows that the newest rows are in these two hours.
  const raw = async () => {
    for (const [some, limit] of [
      [bucket, 100],
      [bucket - HOUR_MS, 100],
      [bucket - 2 * HOUR_MS, 100],
    ] as const) {
      await client.execute(`${statements.newest} LIMIT ?`, [service, some, span.from, span.to, limit]);
    }
  };
  const ours = async () => {
    const page = await store.page(service, span, 100);
    if (!page.ok || page.value.pulses.length !== 100) throw new Error("Expected 100 pulses");
  };
  const costs: { store: ReadCost[]; raw: ReadCost[] } = { store: [], raw: [] };
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, read] of [
      ["raw", raw],
      ["store", ours],
    ] as const) {
      const times: number[] = [];
      const [ourStart, cassandraStart] = [cpuMicros(process.pid), cpuMicros(pid)];
      for (let i = 0; i < 300; i++) {
        const startedAt = performance.now();
        await read();
        times.push(performance.now() - startedAt);
      }
      if (round === 0) continue;
      costs[name].push({
        p50Ms: percentile(times, 50),
        ourMicros: (cpuMicros(process.pid) - ourStart) / 300,
        cassandraMicros: (cpuMicros(pid) - cassandraStart) / 300,
      });
    }
  }
  const middle = (some: ReadCost[]): ReadCost => ({
    p50Ms: median(some.map((cost) => cost.p50Ms)),
    ourMicros: median(some.map((cost) => cost.ourMicros)),
    cassandraMicros: median(some.map((cost) => cost.cassandraMicros)),
  });
  return { store: middle(costs.store), raw: middle(costs.raw) };
}

async function fill(rig: Rig, tableRows: number): Promise<void> {
  const { mixed } = fleet(500);
  let left = tableRows;
  const loop = async () => {
    while (left > 0) {
      left -= 1000;
      await storeWrite(rig, mixed(1000));
    }
  };
  await Promise.all(Array.from({ length: 16 }, loop));
}

if (import.meta.main) {
  const { printTable } = await import("./table.ts");
  const [seconds = "3", tableRows = "1000000"] = process.argv.slice(2);
  printTable(await benchCassandra(Number(seconds), Number(tableRows)));
}
