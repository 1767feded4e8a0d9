// The retention is raised, and history whose first copy has expired is sent again: what compaction makes of both.
import type { Client } from "cassandra-driver";
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from "vitest";
import type { Pulse } from "../../events/pulse.ts";
import { DAY_MS } from "../../events/time.ts";
import { type CassandraPulseStore, openCassandraPulseStore } from "../../storage/cassandra/pulse-store.ts";
import { STORED } from "../../storage/outcome.ts";
import { describeUnless } from "../../storage/testing/describe-unless.ts";
import { connectTo, makeKeyspace } from "../../storage/testing/keyspace.ts";
import { asStored, newService, pulseOf } from "../../storage/testing/pulses.ts";
import { latestOf, readPages } from "../../storage/testing/read-back.ts";
import { type OwnCassandra, startOwnCassandra, whyNoProcesses } from "./own-cassandra.ts";

const PATIENCE = { timeout: 120_000, interval: 200 };
const TABLES = ["pulse_events_by_service", "pulse_buckets_by_service", "latest_pulse_by_service"];
const SHORT_MS = 15_000;
const skip = await whyNoProcesses();

describeUnless(skip, "a node that flushes at once, and compacts each two files", () => {
  let own: OwnCassandra;
  let client: Client;

  beforeAll(async () => {
    own = await startOwnCassandra({ commitlogSync: "periodic" });
    await makeKeyspace(own.settings);
    client = await connectTo(own.settings);
    for (const table of TABLES) {
      const compaction = "{'class': 'SizeTieredCompactionStrategy', 'min_threshold': 2}";
      await run(`ALTER TABLE ${own.settings.keyspace}.${table} WITH memtable_flush_period_in_ms = 500
        AND compaction = ${compaction}`);
    }
  }, 300_000);

  afterAll(async () => {
    await client?.shutdown();
    await own?.cassandra.stop();
  });

  const run = async (query: string) => (await client.execute(query, [], { prepare: false })).rows;

  async function openStore(retentionMs: number): Promise<CassandraPulseStore> {
    const store = openCassandraPulseStore({ settings: { ...own.settings, requestTimeoutMs: 20_000 }, retentionMs });
    onTestFinished(() => store.close());
    await vi.waitFor(() => store.check(), PATIENCE);
    return store;
  }

  /** How many rows, or partitions, compactions have merged from two files or more. */
  async function mergedIn(table: string): Promise<number> {
    const history = await run("SELECT keyspace_name, columnfamily_name, rows_merged FROM system.compaction_history");
    const ours = history.filter(
      (row) => row.keyspace_name === own.settings.keyspace && row.columnfamily_name === table,
    );
    const merged = ours.flatMap((row) => [...(row.rows_merged as Map<number, { toString(): string }>)]);
    return merged.reduce((sum, [files, count]) => sum + (files > 1 ? Number(count) : 0), 0);
  }

  /** Does something, and waits until each table has had its files merged since. */
  async function compacting(work: () => Promise<void>): Promise<void> {
    const before = await Promise.all(TABLES.map(mergedIn));
    await work();
    for (const [i, table] of TABLES.entries()) {
      await vi.waitFor(async () => expect(await mergedIn(table), table).toBeGreaterThan(before[i] as number), PATIENCE);
    }
  }

  async function write(store: CassandraPulseStore, pulses: readonly Pulse[]): Promise<void> {
    await vi.waitFor(async () => expect(await store.write(pulses)).toEqual(STORED), PATIENCE);
  }

  it("keeps the values of pulses that had expired and are sent again under a longer retention", async () => {
    const [short, long] = [await openStore(SHORT_MS), await openStore(30 * DAY_MS)];
    const service = newService();
    const now = Date.now();
    const pulses = [0, 1, 2].map((i) =>
      pulseOf({ service_name: service, event_time: now - i, latency_ms: 12.5 + i, metadata: { i: String(i) } }),
    );
    const bystander = pulseOf({ service_name: newService(), event_time: now });
    await write(short, pulses);
    await write(await openStore(30 * DAY_MS), [bystander]);
    expect(await readPages(long, service)).toHaveLength(3);
    const rows = () => run(`SELECT service_name FROM ${own.settings.keyspace}.pulse_events_by_service`);
    await vi.waitFor(
      async () => expect(await rows()).toMatchObject([{ service_name: bystander.service_name }]),
      PATIENCE,
    );

    // Only a compaction makes tombstones of expired cells: of the same writetime, they would win over what is written again.
    await compacting(async () => write(await openStore(30 * DAY_MS), [bystander]));
    await compacting(() => write(long, pulses));
    expect(await readPages(long, service)).toEqual(pulses.map(asStored));
    expect(await latestOf(long, service)).toEqual(asStored(pulses[0] as Pulse));

    // What forgets a service lies in files, too.
    await long.forget([service]);
    await compacting(() => write(long, pulses));
    expect(await readPages(long, service)).toEqual(pulses.map(asStored));
    expect(await latestOf(long, service)).toEqual(asStored(pulses[0] as Pulse));
  }, 600_000);
});
