// A single node that fails under load: the store loses nothing that it answered as stored, the whole platform nothing that
// it acknowledged, and both go on once the node is back.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type CassandraPulseStore, openCassandraPulseStore } from "../../storage/cassandra/pulse-store.ts";
import { describeUnless } from "../../storage/testing/describe-unless.ts";
import { makeKeyspace, RETENTION_MS } from "../../storage/testing/keyspace.ts";
import { type Platform, until } from "../platform.ts";
import { readMetric } from "../read-back.ts";
import { type Clients, findFaults, startClients } from "./clients.ts";
import { type OwnCassandra, startOwnCassandra, whyNoProcesses } from "./own-cassandra.ts";
import { startPlatformOn, storeOf } from "./platform-store.ts";

const PATIENCE = { timeout: 240_000, interval: 50 };
const MAX_BYTES = 200e6;
const skip = await whyNoProcesses();

describeUnless(skip, "a single node", () => {
  let own: OwnCassandra;

  beforeAll(async () => {
    own = await startOwnCassandra({ commitlogSync: "batch" });
    await makeKeyspace(own.settings);
  }, 300_000);

  afterAll(() => own?.cassandra.stop());

  describe("with a store", () => {
    let store: CassandraPulseStore;

    beforeAll(async () => {
      store = openCassandraPulseStore({
        settings: { ...own.settings, requestTimeoutMs: 1500 },
        retentionMs: RETENTION_MS,
        maxQueuedRows: 20_000,
      });
      await vi.waitFor(() => store.check(), PATIENCE);
    }, 300_000);

    afterAll(() => store?.close());

    it("loses nothing that was answered as stored when it is killed under load, and serves again once it is back", async () => {
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

    it("leads to retry in bounded time and memory while it is frozen, and serves again once it thaws", async () => {
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

  describe("with the platform", () => {
    let platform: Platform;

    beforeAll(async () => {
      platform = await startPlatformOn(own.settings);
    }, 300_000);

    afterAll(() => platform?.dispose());

    /** Starts clients that send some 1,500 pulses a second, and waits until some of those are acknowledged. */
    async function startLoad(): Promise<Clients> {
      const clients = startClients(storeOf(platform), 8, 5, 20);
      await vi.waitFor(() => expect(clients.storedCount).toBeGreaterThan(1500), PATIENCE);
      return clients;
    }

    /** Sends an event to pulse-persist, as the broker would. */
    async function deliver(id: string): Promise<Response> {
      return await fetch(platform.persist, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "ce-specversion": "1.0",
          "ce-type": "dev.pulsemesh.pulse.v1",
          "ce-source": "/test",
          "ce-id": id,
        },
        body: '{"service_name":"delivered","latency_ms":1,"status":"ok"}',
      });
    }

    const refusals = () => readMetric(platform.persist, "pulsemesh_requests_total", 'code="503"');

    /** Ends the clients, and expects every acknowledged pulse to be stored once and no dead letter. */
    async function expectNothingLost(clients: Clients, what: string): Promise<void> {
      await clients.stop();
      await vi.waitFor(
        async () => expect(await findFaults(storeOf(platform), clients)).toEqual({ missing: [], doubled: [] }),
        PATIENCE,
      );
      const letters = await fetch(`${platform.deadletter}/dead-letters`).then((response) => response.json());
      expect(letters).toMatchObject({ dead_letters: [] });
      console.log(
        `${what}: ${clients.storedCount} acknowledged and found once, ${clients.retries} refused by ingest, slowest answer ` +
          `${clients.slowestMs.toFixed(0)} ms; ${await refusals()} deliveries answered 503, most memory of pulse-persist ` +
          `${(peakBytes(platform) / 1e6).toFixed(0)} MB`,
      );
    }

    it("keeps every acknowledged pulse once while the node is killed under load; pulse-persist answers 503 and recovers", async () => {
      const [node] = own.cassandra.nodes;
      const pid = platform.pids.get("pulse-persist");
      const clients = await startLoad();
      await node?.kill();
      const atDeath = clients.storedCount;
      await until("the broker to be refused", async () => (await refusals()) > 0, PATIENCE.timeout);
      const refused = await deliver("while-dead");
      expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
      await until(
        "pulse-persist to be unready",
        async () => (await fetch(`${platform.persist}/health/ready`)).status === 503,
      );
      await vi.waitFor(() => expect(clients.storedCount).toBeGreaterThan(atDeath + 1500), PATIENCE);
      await node?.restart();
      await vi.waitFor(async () => expect((await deliver("once-back")).status).toBe(204), PATIENCE);
      expect((await fetch(`${platform.persist}/health/ready`)).status).toBe(200);
      await expectNothingLost(clients, "killed under load");
      expect(platform.pids.get("pulse-persist")).toBe(pid);
    }, 600_000);

    it("answers in time and keeps its memory while the node is frozen, and loses nothing", async () => {
      const [node] = own.cassandra.nodes;
      const pid = platform.pids.get("pulse-persist");
      const clients = await startLoad();
      const before = await refusals();
      await node?.freeze();
      const frozenAt = clients.storedCount;
      const startedAt = performance.now();
      expect((await deliver("while-frozen")).status).toBe(503);
      // The request's timeout on the one node (3 s), and once more for a request that waited behind another.
      expect(performance.now() - startedAt).toBeLessThan(15_000);
      await until("the broker to be refused", async () => (await refusals()) > before + 5, PATIENCE.timeout);
      await vi.waitFor(() => expect(clients.storedCount).toBeGreaterThan(frozenAt + 5000), PATIENCE);
      expect(peakBytes(platform)).toBeLessThan(MAX_BYTES);
      await node?.thaw();
      await expectNothingLost(clients, "frozen");
      expect(platform.pids.get("pulse-persist")).toBe(pid);
    }, 600_000);
  });
});

/** The most memory that pulse-persist ever had resident. */
function peakBytes({ pids }: Platform): number {
  return 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pids.get("pulse-persist")}/status`, "utf8"))?.[1]);
}
