import type { Pulse } from "../../events/pulse.ts";
import { cpuMicros } from "../process.ts";
import { median, type Row } from "../table.ts";
import { makeUpServices } from "./made-up-services.ts";
import { type Rig, rawBatch, rawInsert, storeWrite, type Table } from "./rig.ts";

/** Many short turns: a flush or a busy moment of the machine disturbs few of them, and the median leaves those out. */
const ROUNDS = 20;
const WARM_UP_ROUNDS = 5;
const RAW_BATCH = 50;
const RAW_IN_FLIGHT = 8;
const CLIENTS = 64;
const WARM_UP_ROWS = 500_000;

/** What one way of writing cost. */
interface Cost {
  rowsPerSecond: number;
  ourMicros: number;
  cassandraMicros: number;
}

/** The store beside the driver: `raw` writes batches of 50 made by hand, `one by one` an insert for each pulse. */
export async function benchWrites(rig: Rig, table: Table, secondsInAll: number): Promise<Row[]> {
  const seconds = secondsInAll / 4;
  const one = makeUpServices(1);
  const many = makeUpServices(200);
  const ways = {
    rawOne: () => measure(rig, seconds, RAW_IN_FLIGHT, () => rawBatch(table, one.ofOne(RAW_BATCH))),
    storeOne: () => measure(rig, seconds, CLIENTS, () => storeWrite(table, one.ofAll(100))),
    rawMany: () => measure(rig, seconds, RAW_IN_FLIGHT, () => rawBatch(table, many.ofOne(RAW_BATCH))),
    storeMany: () => measure(rig, seconds, CLIENTS, () => storeWrite(table, many.ofAll(500))),
    oneByOne: () => measure(rig, seconds, CLIENTS, () => rawInsert(table, one.ofAll(1)[0] as Pulse)),
    storeSingle: () => measure(rig, seconds, CLIENTS, () => storeWrite(table, one.ofAll(1))),
  };
  // Until both processes have compiled their hot code, a row costs many times as much.
  await warmUp(table);
  await stopCompaction(table);
  const costs = await inTurns(ways, ROUNDS);
  return [
    ...compare("one service, 64 writes of 100", costs.storeOne, "raw batches of 50", costs.rawOne, 0.8, 1.15),
    ...compare("200 services, 64 writes of 500", costs.storeMany, "raw, same partitions", costs.rawMany, 0.6),
    ...compare("single pulses, 64 writes of 1", costs.storeSingle, "one by one", costs.oneByOne, 2),
  ];
}

/** The medians of ways that are measured in turns, so that what disturbs one disturbs all. */
async function inTurns<Name extends string>(
  ways: Record<Name, () => Promise<Cost>>,
  rounds: number,
): Promise<Record<Name, Cost>> {
  const names = Object.keys(ways) as Name[];
  const costs = new Map<Name, Cost[]>(names.map((name) => [name, []]));
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    for (const name of names) {
      const cost = await ways[name]();
      if (round >= 0) costs.get(name)?.push(cost);
    }
  }
  const medianOf = (name: Name): Cost => {
    const found = costs.get(name) ?? [];
    return {
      rowsPerSecond: median(found.map((cost) => cost.rowsPerSecond)),
      ourMicros: median(found.map((cost) => cost.ourMicros)),
      cassandraMicros: median(found.map((cost) => cost.cassandraMicros)),
    };
  };
  return Object.fromEntries(names.map((name) => [name, medianOf(name)])) as Record<Name, Cost>;
}

// A later merge costs the same for every way of writing, and would fall on some turns only.
async function stopCompaction({ client, keyspace }: Table): Promise<void> {
  const compaction = { class: "TimeWindowCompactionStrategy", enabled: "false" };
  const map = JSON.stringify(compaction).replaceAll('"', "'");
  await client.execute(`ALTER TABLE ${keyspace}.pulse_events_by_service WITH compaction = ${map}`, [], {
    prepare: false,
  });
}

/** Keeps `concurrency` pieces of work under way for a time; each gives the number of rows that it wrote. */
async function measure(
  { node }: Rig,
  seconds: number,
  concurrency: number,
  work: () => Promise<number>,
): Promise<Cost> {
  const pid = node.pid as number;
  const [ourStart, cassandraStart, startedAt] = [cpuMicros(process.pid), cpuMicros(pid), performance.now()];
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
    cassandraMicros: (cpuMicros(pid) - cassandraStart) / rows,
  };
}

async function warmUp(table: Table): Promise<void> {
  const services = makeUpServices(500);
  let left = WARM_UP_ROWS;
  const loop = async () => {
    while (left > 0) {
      left -= 1000;
      await storeWrite(table, services.ofAll(1000));
    }
  };
  await Promise.all(Array.from({ length: 16 }, loop));
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
