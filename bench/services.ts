// How long pulse-query takes to answer over HTTP with the list of 2,000 services that are judged, from either store: the first
// answer of a process, and all others. It reads the newest pulses, and every ten seconds what is judged.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Pulse } from "../events/pulse.ts";
import { NODE_FLAGS } from "../settings/node-flags.ts";
import type { HealthStore } from "../storage/health-ports.ts";
import { openSqlitePulseStore } from "../storage/sqlite/pulse-store.ts";
import { HOUR_MS, storeWrite, withRig } from "./cassandra/rig.ts";
import { cpuMicros, type Started, startProgram } from "./process.ts";
import { median, percentile, type Row } from "./table.ts";

const SERVICES = 2000;
const PULSES = 30;
const MINUTE_MS = 60_000;
const STARTS = 5;
/** After so many answers V8 has compiled what answers. */
const WARM_UP = 100;
/** Of a process's first answer. */
const FIRST_GOAL_MS = 100;
/** Of every other answer. */
interface Goal {
  p50Ms: number;
  p99Ms: number;
}
const RETENTION_MS = 30 * 24 * HOUR_MS;

/** Measures the list on SQLite, for `seconds` a figure. */
export async function benchServices(seconds: number): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), "pulsemesh-bench-"));
  const store = openSqlitePulseStore({ file: join(folder, "pulses.db"), maxBytes: 4e9, retentionMs: RETENTION_MS });
  for (const pulses of pulsesOfServices()) await store.write(pulses);
  await judge(store.health);
  await store.close();
  const rows = await measure("SQLite", { PULSE_DATA_DIR: folder }, { p50Ms: 30, p99Ms: 60 }, seconds);
  await rm(folder, { recursive: true });
  return rows;
}

/** Measures the list on a real Cassandra node, for `seconds` a figure. */
export async function benchServicesOnCassandra(seconds: number): Promise<Row[]> {
  return await withRig(async (rig) => {
    const table = await rig.openTable();
    for (const pulses of pulsesOfServices()) await storeWrite(table, pulses);
    await judge(table.store.health);
    const env = {
      PULSE_CASSANDRA_CONTACT_POINTS: rig.contactPoints.join(","),
      PULSE_CASSANDRA_KEYSPACE: table.keyspace,
    };
    return await measure("Cassandra", env, { p50Ms: 100, p99Ms: 200 }, seconds, rig.node.pid);
  });
}

/** Keeps that each service is down, and that all are judged until after the measurement. */
async function judge(health: HealthStore): Promise<void> {
  const since = Date.now() - MINUTE_MS;
  const run = { since, health: "down" as const, confirmedAt: since, cause: "8 of 10 pulses said 503" };
  const change = { runs: { span: { from: 0, to: Number.POSITIVE_INFINITY }, runs: [run] } };
  const changes = Array.from({ length: SERVICES }, (_, i) => ({ service: nameOf(i), ...change }));
  if (!(await health.keep(changes, await health.begin())) || !(await health.noteJudged(Date.now() + HOUR_MS))) {
    throw new Error("Expected the store to keep how services are");
  }
}

function nameOf(service: number): string {
  return `service-${String(service).padStart(4, "0")}`;
}

/** Half an hour of pulses, one a minute from each service. Yields a minute at a time, the oldest first. */
function* pulsesOfServices(): Generator<Pulse[]> {
  const end = Date.now();
  for (let i = PULSES - 1; i >= 0; i--) {
    yield Array.from({ length: SERVICES }, (_, service): Pulse => {
      const time = end - i * MINUTE_MS - service;
      const fields = {
        latency_ms: 12.5,
        status: "ok",
        id: `${i}`,
        source: "/pulse",
        metadata: { region: "eu-west-1" },
      };
      return { service_name: nameOf(service), event_time: time, ...fields };
    });
  }
}

async function measure(
  what: string,
  env: Record<string, string>,
  goal: Goal,
  seconds: number,
  nodePid?: number,
): Promise<Row[]> {
  const first: number[] = [];
  let program: Started | undefined;
  // One process more, before the first, warms up the store.
  for (let i = -1; i < STARTS; i++) {
    await program?.stop();
    program = await startProgram([...NODE_FLAGS["pulse-query"], "functions/main.ts"], {
      ...env,
      PULSE_FUNCTION: "pulse-query",
    });
    await untilReady(program.port);
    if (i >= 0) first.push(await timeAnswer(program.port));
    if (i === -1 || i === STARTS - 1) for (let j = 0; j < WARM_UP; j++) await timeAnswer(program.port);
  }
  const { pid, port, stop } = program as Started;
  const pids = nodePid === undefined ? [pid] : [pid, nodePid];
  const before = pids.map(cpuMicros);
  const times: number[] = [];
  for (const end = performance.now() + seconds * 1000; performance.now() < end; ) times.push(await timeAnswer(port));
  const cpu = pids.map((one, i) => (cpuMicros(one) - (before[i] as number)) / times.length / 1000);
  await stop();
  const [firstMs, p50Ms, p99Ms] = [median(first), percentile(times, 50), percentile(times, 99)];
  const costs = cpu
    .map((ms, i) => `${ms.toFixed(1)} ms of ${i === 0 ? "pulse-query's" : "Cassandra's"} CPU`)
    .join(", ");
  return [
    {
      what: `list of ${SERVICES} services from ${what}: first answer of a process`,
      figure: `${firstMs.toFixed(0)} ms (${Math.min(...first).toFixed(0)}–${Math.max(...first).toFixed(0)})`,
      goal: `≤ ${FIRST_GOAL_MS} ms`,
      isMet: firstMs <= FIRST_GOAL_MS,
    },
    {
      what: `list of ${SERVICES} services from ${what}: every other`,
      figure: `p50 ${p50Ms.toFixed(0)} ms, p99 ${p99Ms.toFixed(0)} ms`,
      beside: costs,
      goal: `≤ ${goal.p50Ms} ms, ≤ ${goal.p99Ms} ms`,
      isMet: p50Ms <= goal.p50Ms && p99Ms <= goal.p99Ms,
    },
  ];
}

/** Asks as a browser does. Gives the ms until the whole answer has come. */
async function timeAnswer(port: number): Promise<number> {
  const startedAt = performance.now();
  const response = await fetch(`http://127.0.0.1:${port}/services`);
  const body = await response.text();
  const took = performance.now() - startedAt;
  const count = (JSON.parse(body) as { services?: unknown[] }).services?.length;
  if (count !== SERVICES) throw new Error(`Expected ${SERVICES} services, got ${count}: ${body.slice(0, 200)}`);
  return took;
}

async function untilReady(port: number): Promise<void> {
  while (!(await fetch(`http://127.0.0.1:${port}/health/ready`)).ok)
    await new Promise((resolve) => setTimeout(resolve, 20));
}
