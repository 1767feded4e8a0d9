// What the operator of a node forbids: a full disk, timestamps from clients, an expiry after 2038. Guardrails hold for
// roles that are no superusers, so this node asks for passwords.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "cassandra-driver";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import type { CassandraSettings } from "../../settings/cassandra-settings.ts";
import { type CassandraPulseStore, openCassandraPulseStore } from "../../storage/cassandra/pulse-store.ts";
import { applySchema } from "../../storage/cassandra/schema-apply.ts";
import { runSchemaCommand } from "../../storage/cassandra/schema-cli.ts";
import { loadMigrations } from "../../storage/cassandra/schema-files.ts";
import { verifyLimits } from "../../storage/cassandra/schema-verify.ts";
import { describeUnless } from "../../storage/testing/describe-unless.ts";
import { connectTo, makeKeyspace, planOf, RETENTION_MS } from "../../storage/testing/keyspace.ts";
import { pulseOf } from "../../storage/testing/pulses.ts";
import { readLatest } from "../../storage/testing/read-back.ts";
import { type Platform, startPlatform } from "../platform.ts";
import { type OwnCassandra, startOwnCassandra, whyNoProcesses } from "./own-cassandra.ts";

const PATIENCE = { timeout: 60_000, interval: 200 };
const skip = await whyNoProcesses();
/** The modes of 5.0's default configuration, which keeps the limit of 2038. */
const DEFAULTS = { storage_compatibility_mode: "CASSANDRA_4", sstable: { selected_format: "big" } };
const FULL_DISK = { data_disk_usage_percentage_fail_threshold: 1, data_disk_usage_max_disk_size: "1MiB" };

/** The first heartbeat of a live stream. */
async function firstHeartbeat(query: string): Promise<string | undefined> {
  const leaving = new AbortController();
  const stream = await fetch(`${query}/live`, { signal: leaving.signal });
  let read = "";
  for await (const part of stream.body as unknown as AsyncIterable<Uint8Array>) {
    read += Buffer.from(part).toString();
    if (/^event: heartbeat\n.*\n\n/m.test(read)) break;
  }
  leaving.abort();
  return /^event: heartbeat\n(.*)$/m.exec(read)?.[1];
}

describeUnless(skip, "a node whose operator sets limits", () => {
  const folder = mkdtempSync(join(tmpdir(), "pulsemesh-limits-"));
  const passwordFile = join(folder, "password");
  const adminPasswordFile = join(folder, "admin-password");
  const yaml: Record<string, unknown> = { ...DEFAULTS, ...FULL_DISK };
  let own: OwnCassandra;
  let admin: Client;
  let settings: CassandraSettings;

  beforeAll(async () => {
    own = await startOwnCassandra({ auth: true, commitlogSync: "periodic", yaml });
    writeFileSync(adminPasswordFile, "cassandra");
    writeFileSync(passwordFile, "secret");
    const asAdmin = { ...own.settings, user: "cassandra", passwordFile: adminPasswordFile };
    await vi.waitFor(() => makeKeyspace(asAdmin), PATIENCE);
    admin = await connectTo(asAdmin);
    const { keyspace } = own.settings;
    await admin.execute("CREATE ROLE app WITH PASSWORD = 'secret' AND LOGIN = true", [], { prepare: false });
    for (const right of ["SELECT", "MODIFY"]) {
      await admin.execute(`GRANT ${right} ON KEYSPACE ${keyspace} TO app`, [], { prepare: false });
    }
    settings = { ...own.settings, user: "app", passwordFile, requestTimeoutMs: 20_000 };
  }, 300_000);

  afterAll(async () => {
    await admin?.shutdown();
    await own?.cassandra.stop();
    rmSync(folder, { recursive: true });
  });

  function env(): Record<string, string> {
    return {
      PULSE_CASSANDRA_CONTACT_POINTS: own.cassandra.contactPoints.join(","),
      PULSE_CASSANDRA_KEYSPACE: settings.keyspace,
      PULSE_CASSANDRA_USER: "app",
      PULSE_CASSANDRA_PASSWORD_FILE: passwordFile,
    };
  }

  /** Starts the node again with other limits. */
  async function limit(limits: Record<string, unknown>): Promise<void> {
    for (const name of Object.keys(yaml)) delete yaml[name];
    Object.assign(yaml, DEFAULTS, limits);
    await own.cassandra.nodes[0]?.restart();
  }

  async function withStore(work: (store: CassandraPulseStore, lines: string[]) => Promise<void>): Promise<void> {
    const lines: string[] = [];
    const store = openCassandraPulseStore({ settings, retentionMs: RETENTION_MS, onLine: (line) => lines.push(line) });
    try {
      await vi.waitFor(() => store.check(), PATIENCE);
      await work(store, lines);
    } finally {
      await store.close();
    }
  }

  it("answers a full disk with retry and says so; what was acknowledged is stored once there is room", async () => {
    const full = /Guardrail replica_disk_usage violated/;
    await withStore(async (store, lines) => {
      expect(await store.write([pulseOf()])).toMatchObject({ kind: "retry", reason: expect.stringMatching(full) });
      await store.check();
      expect(await readLatest(store)).toEqual([]);
      expect(lines.filter((line) => full.test(line))).toHaveLength(1);
    });
    await expect(runSchemaCommand(["verify"], env(), () => {})).rejects.toThrow(full);

    const platform: Platform = await startPlatform(env());
    try {
      const sent = await fetch(`${platform.ingest}/pulse`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ service_name: "checkout", latency_ms: 1, status: "ok", id: "1" }),
      });
      expect(sent.status).toBe(202);
      const ready = () => fetch(`${platform.persist}/health/ready`);
      await vi.waitFor(async () => expect(await (await ready()).text()).toMatch(full), PATIENCE);
      expect((await ready()).status).toBe(200);
      // What the page shows.
      await vi.waitFor(async () => expect(await firstHeartbeat(platform.query)).toMatch(full), PATIENCE);
      const letters = await fetch(`${platform.deadletter}/dead-letters`);
      expect(await letters.json()).toMatchObject({ dead_letters: [] });
      await limit({});
      const pulses = async () => await (await fetch(`${platform.query}/services/checkout/pulses`)).json();
      await vi.waitFor(async () => expect(await pulses()).toMatchObject({ pulses: [{ id: "1" }] }), PATIENCE);
      expect(await (await ready()).text()).toBe("OK");
    } finally {
      await platform.dispose();
    }
  }, 300_000);

  it("is given its schema by a role with the four rights that the documents name, and by no other with fewer", async () => {
    await limit({});
    const keyspace = `${settings.keyspace}_made`;
    const run = (query: string) => vi.waitFor(() => admin.execute(query, [], { prepare: false }), PATIENCE);
    await run(
      `CREATE KEYSPACE IF NOT EXISTS ${keyspace} WITH replication = {'class': 'NetworkTopologyStrategy', 'datacenter1': 1}`,
    );
    const apply = (role: string) => {
      const changes = { ...env(), PULSE_CASSANDRA_USER: role, PULSE_CASSANDRA_KEYSPACE: keyspace };
      return runSchemaCommand(["apply"], changes, () => {}).then(String, String);
    };
    for (const role of ["maker", "keeper"]) {
      await run(`CREATE ROLE IF NOT EXISTS ${role} WITH PASSWORD = 'secret' AND LOGIN = true`);
      expect(await apply(role)).toMatch(/grant the role CREATE, ALTER, SELECT and MODIFY on the keyspace/);
      for (const right of ["CREATE", "ALTER"]) await run(`GRANT ${right} ON KEYSPACE ${keyspace} TO ${role}`);
    }
    for (const right of ["SELECT", "MODIFY"]) await run(`GRANT ${right} ON KEYSPACE ${keyspace} TO maker`);
    // A node remembers for two seconds which rights a role has.
    await vi.waitFor(async () => expect(await apply("maker")).toBe("0"), PATIENCE);
    // A role has all rights on the tables that it made, so fewer would do for the first role only.
    expect(await apply("keeper")).toMatch(/grant the role SELECT and MODIFY on the keyspace/);
  }, 300_000);

  it("names a guardrail that forbids for good what PulseMesh needs, in readiness and in `schema verify`", async () => {
    const forbidden =
      /timestamps as old, got "Cassandra: Guardrail user_timestamps violated.*change the node's cassandra/;
    expect(await vi.waitFor(() => runSchemaCommand(["verify"], env(), () => {}), PATIENCE)).toBe(0);
    await limit({ user_timestamps_enabled: false });
    await withStore(async (store) => {
      expect(await store.write([pulseOf()])).toMatchObject({ kind: "retry" });
      await expect(store.check()).rejects.toThrow(forbidden);
    });
    await expect(runSchemaCommand(["verify"], env(), () => {})).rejects.toThrow(forbidden);
  }, 300_000);

  it("says that a retention reaches beyond 2038, where rows cannot expire, and loses no pulse to it", async () => {
    await limit({});
    const long = {
      ...own.settings,
      user: "cassandra",
      passwordFile: adminPasswordFile,
      keyspace: `${settings.keyspace}_long`,
    };
    const retentionMs = Date.parse("2038-01-20") - Date.now();
    const client = await vi.waitFor(() => connectTo(long), PATIENCE);
    const plan = { ...planOf(long), retentionMs };
    const migrations = await loadMigrations();
    await applySchema({ client, plan, migrations, hasReplicationSetting: false, say: () => {} });
    await expect(verifyLimits(client, long.keyspace)).rejects.toThrow(/2038-01-19.*storage_compatibility_mode/);
    await client.shutdown();
    const store = openCassandraPulseStore({ settings: long, retentionMs });
    try {
      await vi.waitFor(() => store.check(), PATIENCE);
      expect(await store.write([pulseOf({ event_time: Date.now() })])).toMatchObject({
        kind: "retry",
        reason: expect.stringContaining("2038-01-19"),
      });
      await expect(store.check()).rejects.toThrow(/2038-01-19/);
    } finally {
      await store.close();
    }
  }, 300_000);
});
