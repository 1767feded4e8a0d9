import { Client } from "cassandra-driver";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { clientOptionsOf } from "../../storage/cassandra/client-options.ts";
import { type CassandraPulseStore, openCassandraPulseStore } from "../../storage/cassandra/pulse-store.ts";
import { verifySchema } from "../../storage/cassandra/schema-verify.ts";
import { describeUnless } from "../../storage/testing/describe-unless.ts";
import { makeKeyspace, RETENTION_MS } from "../../storage/testing/keyspace.ts";
import { readMetric } from "../read-back.ts";
import { findFaults, startClients } from "./clients.ts";
import { type OwnCassandra, startOwnCassandra, whyNoProcesses } from "./own-cassandra.ts";
import { startPlatformOn, storeOf } from "./platform-store.ts";

const PATIENCE = { timeout: 240_000, interval: 50 };
const skip = await whyNoProcesses();

describeUnless(skip, "three nodes, three replicas", () => {
  let own: OwnCassandra;
  let store: CassandraPulseStore;

  beforeAll(async () => {
    own = await startOwnCassandra({ nodes: 3, commitlogSync: "periodic" });
    await makeKeyspace(own.settings, 3);
    store = openCassandraPulseStore({
      settings: { ...own.settings, requestTimeoutMs: 5000 },
      retentionMs: RETENTION_MS,
    });
  }, 300_000);

  afterAll(async () => {
    await store?.close();
    await own?.cassandra.stop();
  }, 60_000);

  it("agree on the schema that three processes apply at once, each by another node", async () => {
    const keyspace = `${own.settings.keyspace}_too`;
    const settings = own.cassandra.contactPoints.map((point) => ({
      ...own.settings,
      keyspace,
      contactPoints: [point],
    }));
    await Promise.all(settings.map((one) => makeKeyspace(one, 3)));
    for (const one of settings) {
      const client = new Client(await clientOptionsOf({ ...one, requestTimeoutMs: 30_000 }));
      await client.connect();
      expect(await verifySchema(client, one.keyspace)).toMatchObject({ version: 3 });
      await client.shutdown();
    }
    await vi.waitFor(() => store.check(), PATIENCE);
  }, 300_000);

  it("take writes without an error to clients while one of them is killed, and lose nothing", async () => {
    const clients = startClients(store, 16, 10);
    await vi.waitFor(() => expect(clients.storedCount).toBeGreaterThan(3000), PATIENCE);
    await own.cassandra.nodes[1]?.kill();
    const atDeath = clients.storedCount;
    await vi.waitFor(() => expect(clients.storedCount).toBeGreaterThan(atDeath + 5000), PATIENCE);
    expect([...clients.reasons]).toEqual([]);
    await own.cassandra.nodes[1]?.restart();
    const atReturn = clients.storedCount;
    await vi.waitFor(() => expect(clients.storedCount).toBeGreaterThan(atReturn + 5000), PATIENCE);
    await clients.stop();
    console.log(
      `one of three killed: ${clients.storedCount} stored, ${clients.retries} retries, slowest answer ${clients.slowestMs.toFixed(0)} ms`,
    );
    expect([...clients.reasons]).toEqual([]);
    expect(await findFaults(store, clients)).toEqual({ missing: [], doubled: [] });
  }, 600_000);

  it("serve the whole platform without an error to its clients while one of them is killed, and lose nothing", async () => {
    const platform = await startPlatformOn(own.settings);
    try {
      const clients = startClients(storeOf(platform), 8, 5, 20);
      await vi.waitFor(() => expect(clients.storedCount).toBeGreaterThan(1500), PATIENCE);
      await own.cassandra.nodes[2]?.kill();
      const atDeath = clients.storedCount;
      await vi.waitFor(() => expect(clients.storedCount).toBeGreaterThan(atDeath + 5000), PATIENCE);
      await own.cassandra.nodes[2]?.restart();
      await clients.stop();
      expect([...clients.reasons]).toEqual([]);
      await vi.waitFor(
        async () => expect(await findFaults(storeOf(platform), clients)).toEqual({ missing: [], doubled: [] }),
        PATIENCE,
      );
      const refusals = await readMetric(platform.persist, "pulsemesh_requests_total", 'code="503"');
      console.log(
        `one of three killed, through the platform: ${clients.storedCount} acknowledged and found once, ${clients.retries} refused, ` +
          `slowest answer ${clients.slowestMs.toFixed(0)} ms; ${refusals} deliveries answered 503`,
      );
    } finally {
      await platform.dispose();
    }
  }, 600_000);

  it("answer retry while two of them are frozen, and lose and double nothing", async () => {
    const clients = startClients(store, 16, 10);
    await vi.waitFor(() => expect(clients.storedCount).toBeGreaterThan(2000), PATIENCE);
    const [first, second] = own.cassandra.nodes;
    await Promise.all([first?.freeze(), second?.freeze()]);
    await vi.waitFor(() => expect(clients.retries).toBeGreaterThan(20), PATIENCE);
    await Promise.all([first?.thaw(), second?.thaw()]);
    const atThaw = clients.storedCount;
    await vi.waitFor(() => expect(clients.storedCount).toBeGreaterThan(atThaw + 2000), PATIENCE);
    await clients.stop();
    console.log(`two of three frozen: ${clients.storedCount} stored, ${clients.retries} retries`);
    expect(await findFaults(store, clients)).toEqual({ missing: [], doubled: [] });
  }, 600_000);
});
