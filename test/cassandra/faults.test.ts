import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type CassandraPulseStore, openCassandraPulseStore } from "../../storage/cassandra/pulse-store.ts";
import { findFaults, startClients } from "./clients.ts";
import { makeKeyspace, type OwnCassandra, RETENTION_MS, startOwnCassandra, whyNoProcesses } from "./own-cassandra.ts";

const PATIENCE = { timeout: 240_000, interval: 50 };
const skip = await whyNoProcesses();

describe.skipIf(skip !== undefined)(`a single node${skip === undefined ? "" : ` (skipped: ${skip})`}`, () => {
  let own: OwnCassandra;
  let store: CassandraPulseStore;

  beforeAll(async () => {
    own = await startOwnCassandra({ commitlogSync: "batch" });
    await makeKeyspace(own.settings);
    store = openCassandraPulseStore({
      settings: { ...own.settings, requestTimeoutMs: 1500 },
      retentionMs: RETENTION_MS,
      maxQueuedRows: 20_000,
    });
    await vi.waitFor(() => store.check(), PATIENCE);
  }, 300_000);

  afterAll(async () => {
    await store?.close();
    await own?.cassandra.stop();
  });

  it("loses nothing that was answered as stored when it is killed under load, and is used again once it is back", async () => {
    const [node] = own.cassandra.nodes;
    const clients = startClients(store, 16, 10);
    await vi.waitFor(() => expect(clients.storedCount).toBeGreaterThan(1500), PATIENCE);
    await node?.kill();
    const atDeath = clients.storedCount;
    await vi.waitFor(() => expect(clients.retries).toBeGreaterThan(30), PATIENCE);
    await expect(store.check()).rejects.toThrow(/Expected Cassandra to (answer|be ready)/);
    await node?.restart();
    await vi.waitFor(() => expect(clients.storedCount).toBeGreaterThan(atDeath + 1500), PATIENCE);
    await store.check();
    await clients.stop();
    console.log(`killed under load: ${clients.storedCount} stored, ${clients.retries} retries`);
    expect(await findFaults(store, clients)).toEqual({ missing: [], doubled: [] });
  }, 600_000);

  it("is answered for with retry in bounded time and memory while it is frozen, and is used again once it thaws", async () => {
    const [node] = own.cassandra.nodes;
    const clients = startClients(store, 64, 100);
    await vi.waitFor(() => expect(clients.storedCount).toBeGreaterThan(3000), PATIENCE);
    await node?.freeze();
    const frozenAt = { retries: clients.retries, stored: clients.storedCount, rss: process.memoryUsage().rss };
    await vi.waitFor(() => expect(clients.retries).toBeGreaterThan(frozenAt.retries + 200), PATIENCE);
    expect(store.queuedRows).toBeLessThanOrEqual(20_000);
    expect(process.memoryUsage().rss - frozenAt.rss).toBeLessThan(150 * 1024 * 1024);
    await node?.thaw();
    await vi.waitFor(() => expect(clients.storedCount).toBeGreaterThan(frozenAt.stored + 5000), PATIENCE);
    await clients.stop();
    console.log(
      `frozen: ${clients.storedCount} stored, ${clients.retries} retries, slowest answer ${clients.slowestMs.toFixed(0)} ms`,
    );
    expect(await findFaults(store, clients)).toEqual({ missing: [], doubled: [] });
  }, 600_000);
});
