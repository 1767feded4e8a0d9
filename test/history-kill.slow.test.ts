// Writers, rollers and pulse-query are killed at random while pulses flow, a third of them late, on SQLite or with STORE=cassandra on
// a real Cassandra. After it no rollup differs from the pulses.
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, it } from "vitest";
import { DAY_MS } from "../events/time.ts";
import { History } from "../history/history.ts";
import { rollAll } from "../history/roller.ts";
import { verifyService } from "../history/verify.ts";
import { type Cassandra, startCassandra } from "../local/cassandra/cluster.ts";
import { cassandraSettings } from "../settings/cassandra-settings.ts";
import { readSettings } from "../settings/read.ts";
import { openCommandStore } from "../storage/command-store.ts";
import { openSqlitePulseStore } from "../storage/sqlite/pulse-store.ts";
import { makeKeyspace } from "../storage/testing/keyspace.ts";
import { temporaryFolder } from "../storage/testing/temporary-folder.ts";
import { startFunction } from "./function-process.ts";

const PULSES = Number(process.env.KILL_PULSES ?? 50_000);
const ROUNDS = Number(process.env.KILL_ROUNDS ?? 10);
const SERVICES = ["a", "b", "c"];
const RETENTION_MS = 30 * DAY_MS;

const url = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);

const OPEN = `
  import { writeSync } from "node:fs";
  import { openCommandStore } from ${url("../storage/command-store.ts")};
  const { store, retentionMs } = await openCommandStore(process.env);
  await store.check();`;

/** Writes pulses from a number on, a third of them late by up to the retention, and prints how many are stored. */
const WRITER = `${OPEN}
  const [base, from] = JSON.parse(process.argv[1]);
  for (let next = from; next < ${PULSES}; next += 100) {
    const pulses = Array.from({ length: 100 }, (_, i) => {
      const n = next + i;
      const late = n % 3 === 0 ? ((n * 7919) % 1000) * ${RETENTION_MS / 1000 - 5} : (n % 50) * 1000;
      return { service_name: "abc"[n % 7 % 3], event_time: Math.floor(base - late), latency_ms: n % 97,
        status: n % 10 === 0 ? "503" : "ok", id: String(n), source: "/kill" };
    });
    if ((await store.write(pulses)).kind !== "stored") next -= 100;
    else writeSync(1, next + 100 + "\\n");
  }
  await store.close();`;

/** Rolls all, minutes as well, again and again, and prints a line after each service. */
const ROLLER = `${OPEN}
  import { History } from ${url("../history/history.ts")};
  import { rollAll } from ${url("../history/roller.ts")};
  const history = new History({ reader: store, rollups: store.rollups, retentionMs, now: Date.now });
  const signal = new AbortController().signal;
  const onRolled = () => writeSync(1, "rolled\\n");
  for (;;) {
    for (const service of ${JSON.stringify(SERVICES)}) await history.rollMinutes(service, Math.floor(Date.now() / 60_000 - 60) * 60_000);
    await rollAll({ history, reader: store, retentionMs, now: Date.now, signal, onRolled });
  }`;

let cassandra: Cassandra | undefined;

beforeAll(async () => {
  if (process.env.STORE === "cassandra")
    cassandra = await startCassandra({ dataDir: mkdtempSync(join(tmpdir(), "pulsemesh-kill-")), isForTests: true });
});
afterAll(() => cassandra?.stop());

/** An empty store; gives the environment that leads to it. */
async function makeStore(): Promise<Record<string, string>> {
  if (cassandra === undefined) {
    const folder = temporaryFolder();
    const store = openSqlitePulseStore({
      file: join(folder, "pulses.db"),
      maxBytes: 2 ** 28,
      retentionMs: RETENTION_MS,
    });
    await store.close();
    return { PULSE_DATA_DIR: folder };
  }
  const env = {
    PULSE_CASSANDRA_CONTACT_POINTS: cassandra.contactPoints.join(","),
    PULSE_CASSANDRA_KEYSPACE: `pulse_kill_${randomUUID().slice(0, 8)}`,
    PULSE_CASSANDRA_REQUEST_TIMEOUT_MS: "20000",
  };
  await makeKeyspace(readSettings(cassandraSettings, env));
  return env;
}

function start(script: string, env: Record<string, string>, ...values: unknown[]): ChildProcess {
  const args = ["--input-type=module", "-e", script, JSON.stringify(values)];
  return spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, ...env } });
}

/** Reads a child's lines and kills it after some of them, or when all is written. Gives the last line. */
async function killAfter(child: ChildProcess, lines: number, isDone: () => boolean = () => false): Promise<string> {
  const exit = once(child, "exit");
  let last = "";
  for await (const line of createInterface({ input: child.stdout as NonNullable<ChildProcess["stdout"]> })) {
    last = line;
    if (--lines === 0 || isDone()) child.kill("SIGKILL");
  }
  await exit;
  return last;
}

/** Asks a pulse-query for summaries, and kills it while it makes some more. */
async function killQuery(env: Record<string, string>, answers: number, isDone: () => boolean): Promise<void> {
  const query = await startFunction("pulse-query", { env: { PULSE_LOG_LEVEL: "warn", ...env } });
  const ask = async (service: string, span: number) => {
    const path = `/services/${service}/summary?from=${Date.now() - span}`;
    expect((await fetch(query.url + path)).status).toBe(200);
  };
  for (let i = 0; i < answers && !isDone(); i++)
    await ask(SERVICES[i % 3] as string, i % 2 === 0 ? 3_600_000 : RETENTION_MS);
  const cut = SERVICES.map((service) => ask(service, RETENTION_MS).catch(() => undefined));
  await query.kill();
  await Promise.all(cut);
}

it.each(Array.from({ length: ROUNDS }, (_, i) => [i + 1]))(
  "killed writers, rollers and readers leave nothing wrong: round %i",
  async (round) => {
    const env = await makeStore();
    const base = Date.now();
    let stored = 0;
    const kills = { writer: 0, roller: 0, reader: 0 };
    const isDone = () => stored >= PULSES;
    const write = async () => {
      while (!isDone()) {
        const last = await killAfter(start(WRITER, env, base, stored), 20 + ((kills.writer++ * 31 + round) % 90));
        stored = Math.max(stored, Number(last));
      }
    };
    const roll = async (seed: number) => {
      while (!isDone()) await killAfter(start(ROLLER, env), 1 + ((kills.roller++ * 17 + seed) % 25), isDone);
    };
    const read = async () => {
      while (!isDone()) await killQuery(env, 1 + ((kills.reader++ * 13 + round) % 40), isDone);
    };
    await Promise.all([write(), roll(round), roll(round + 5), read()]);
    const { store, retentionMs } = await openCommandStore(env);
    await store.check();
    const asked = { reader: store, rollups: store.rollups, retentionMs, now: Date.now };
    const history = new History(asked);
    let count = 0;
    let compared = 0;
    for (const service of SERVICES) {
      // As the last kill has left it, and once all is rolled up that late pulses have made out of date.
      expect((await verifyService(service, asked)).differences).toEqual([]);
      await rollAll({ ...asked, history, signal: new AbortController().signal });
      const verified = await verifyService(service, asked);
      expect(verified.differences).toEqual([]);
      compared += verified.compared;
      const { parts } = await history.read(service, [{ from: 0, to: Date.now() + 1000 }]);
      count += parts[0]?.latencies.count ?? 0;
    }
    await store.close();
    expect(count).toBe(PULSES);
    expect(compared).toBeGreaterThan(PULSES / 200);
    expect(kills.writer + kills.roller).toBeGreaterThan(PULSES / 5000);
    expect(kills.reader).toBeGreaterThan(0);
    console.log(`round ${round}: ${compared} rollups compared, killed: ${JSON.stringify(kills)}`);
  },
);
