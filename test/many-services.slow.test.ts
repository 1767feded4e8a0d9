// A hundred thousand services, ten times the bound: pulse-query lists, streams and exports them in memory that does not grow.
// The function is a process with the memory limits of its image.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DAY_MS } from "../events/time.ts";
import { openCassandraPulseStore } from "../storage/cassandra/pulse-store.ts";
import type { PulseWriter } from "../storage/ports.ts";
import { openSqlitePulseStore } from "../storage/sqlite/pulse-store.ts";
import { makeKeyspace, RETENTION_MS } from "../storage/testing/keyspace.ts";
import { pulseOf } from "../storage/testing/pulses.ts";
import { type OwnCassandra, startOwnCassandra, whyNoProcesses } from "./cassandra/own-cassandra.ts";
import { type FunctionProcess, startFunction } from "./function-process.ts";
import { until } from "./platform.ts";
import { residentBytes } from "./resident.ts";

const SERVICES = 100_000;
const AT_ONCE = 1000;
const CLIENTS = 4;
/** pulse-query's heap may take 256 MB; its buffers and code come on top. */
const MAX_BYTES = 512e6;

const nameOf = (i: number) => `fleet-${String(i).padStart(6, "0")}`;
const metadata = { region: "eu-west-1", version: "1.2.3", host: "a-12".repeat(10) };

async function fill(store: PulseWriter): Promise<void> {
  // As far ahead as a pulse may be: none is late while the test runs.
  const now = Date.now() + 5 * 60_000;
  for (let i = 0; i < SERVICES; i += AT_ONCE) {
    const pulses = Array.from({ length: AT_ONCE }, (_, j) =>
      pulseOf({ service_name: nameOf(i + j), event_time: now - j, metadata }),
    );
    await until(`services from ${i} on to be stored`, async () => (await store.write(pulses)).kind === "stored");
  }
}

/** Follows the cursors from the first page to the last. @returns how many services came */
async function readPages(url: string): Promise<number> {
  const names = new Set<string>();
  let cursor: string | undefined;
  do {
    const answer = await fetch(`${url}/services${cursor === undefined ? "" : `?cursor=${cursor}`}`);
    expect(answer.status).toBe(200);
    const page = (await answer.json()) as { services: { service_name: string }[]; cursor?: string };
    for (const { service_name: name } of page.services) names.add(name);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return names.size;
}

async function readLines(url: string): Promise<number> {
  const answer = await fetch(`${url}/services`, { headers: { accept: "application/x-ndjson" } });
  let lines = 0;
  for await (const chunk of answer.body ?? []) for (const byte of chunk) if (byte === 10) lines++;
  return lines;
}

/** Listens until the beginning of the stream of all services has come. */
async function readBeginning(url: string): Promise<number> {
  const answer = await fetch(`${url}/live`);
  const text = new TextDecoder();
  let pulses = 0;
  let rest = "";
  for await (const chunk of answer.body ?? []) {
    const lines = (rest + text.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "event: pulse") pulses++;
      if (line === "event: ready") return pulses;
    }
  }
  return pulses;
}

function testLists(env: () => Record<string, string>): void {
  let query: FunctionProcess;
  beforeAll(async () => {
    query = await startFunction("pulse-query", { env: { PULSE_LOG_LEVEL: "error", ...env() } });
  }, 300_000);
  afterAll(() => query?.kill());

  it("lists, streams and exports all of them, again and again, in memory that does not grow", async () => {
    const peaks: number[] = [];
    for (let round = 0; round < 6; round++) {
      const work = [readPages, readLines, readBeginning];
      const read = Array.from({ length: CLIENTS }, (_, i) => (work[i % work.length] as typeof readPages)(query.url));
      const sampler = setInterval(() => peaks.push(residentBytes(query.pid)), 50);
      expect(await Promise.all(read)).toEqual(Array(CLIENTS).fill(SERVICES));
      clearInterval(sampler);
      const peak = Math.max(...peaks.splice(0));
      console.log(`round ${round + 1}: ${Math.round(peak / 1e6)} MB at most`);
      expect(peak).toBeLessThan(MAX_BYTES);
      first ??= round === 1 ? peak : undefined;
      if (first !== undefined) expect(peak).toBeLessThan(1.15 * first);
    }
  }, 600_000);
  let first: number | undefined;
}

describe("100,000 services in SQLite", () => {
  const folder = mkdtempSync(join(tmpdir(), "pulse-many-"));
  beforeAll(async () => {
    const file = join(folder, "pulses.db");
    const store = openSqlitePulseStore({ file, maxBytes: 2 ** 30, retentionMs: 30 * DAY_MS });
    await fill(store);
    await store.close();
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  testLists(() => ({ PULSE_DATA_DIR: folder }));
});

const skip = await whyNoProcesses();
describe.skipIf(skip !== undefined)(
  `100,000 services in Cassandra${skip === undefined ? "" : ` (skipped: ${skip})`}`,
  () => {
    let own: OwnCassandra;
    beforeAll(async () => {
      own = await startOwnCassandra({ commitlogSync: "periodic" });
      await makeKeyspace(own.settings);
      const settings = { ...own.settings, requestTimeoutMs: 20_000 };
      const store = openCassandraPulseStore({ settings, retentionMs: RETENTION_MS });
      await fill(store);
      await store.close();
    }, 600_000);
    afterAll(() => own?.cassandra.stop());
    testLists(() => ({
      PULSE_CASSANDRA_CONTACT_POINTS: own.settings.contactPoints?.join(",") ?? "",
      PULSE_CASSANDRA_LOCAL_DC: own.settings.localDataCenter,
      PULSE_CASSANDRA_KEYSPACE: own.settings.keyspace,
      PULSE_CASSANDRA_REQUEST_TIMEOUT_MS: "20000",
    }));
  },
);
