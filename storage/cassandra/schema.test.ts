import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Client } from "cassandra-driver";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DAY_MS } from "../../events/time.ts";
import { openReadyStore, openTestStore } from "../testing/cassandra-store.ts";
import { describeUnless } from "../testing/describe-unless.ts";
import { connectTo, planOf } from "../testing/keyspace.ts";
import { pulseOf } from "../testing/pulses.ts";
import { skipReason, testSettings } from "../testing/shared-cassandra.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { type ApplyOptions, applySchema } from "./schema-apply.ts";
import { loadMigrations, statementsOf, windowsOf } from "./schema-files.ts";
import { SCHEMA_VERSION, SchemaError, verifySchema } from "./schema-verify.ts";

describe("the schema's files", () => {
  it("end with the version that this build needs", async () => {
    expect((await loadMigrations()).at(-1)?.version).toBe(SCHEMA_VERSION);
  });

  it("leave no placeholder and no comment", async () => {
    const plan = planOf(testSettings(), 3);
    for (const migration of await loadMigrations()) {
      for (const statement of statementsOf(migration, plan))
        expect(statement).toMatch(/^(CREATE|ALTER) [^{]*(\{'|$|[^{])/);
    }
  });

  it.each([
    [30, { compaction_window_unit: "DAYS", compaction_window_size: 1 }],
    [1, { compaction_window_unit: "HOURS", compaction_window_size: 1 }],
    [7, { compaction_window_unit: "HOURS", compaction_window_size: 6 }],
    [365, { compaction_window_unit: "DAYS", compaction_window_size: 13 }],
  ])("cut a retention of %i days into at most 30 windows", (days, window) => {
    expect(windowsOf(days * DAY_MS)).toMatchObject(window);
  });

  it("have a checksum of their statements, so that a comment may change", async () => {
    const checksumOf = async (text: string) => {
      const folder = temporaryFolder();
      await writeFile(join(folder, "001-first.cql"), text);
      return (await loadMigrations(folder))[0]?.checksum;
    };
    const checksum = await checksumOf("-- A table.\nCREATE TABLE {{keyspace}}.a (b int);\n");
    expect(await checksumOf("-- The\n-- table.\n\nCREATE TABLE {{keyspace}}.a (b int);\n")).toBe(checksum);
    expect(await checksumOf("-- A table.\nCREATE TABLE {{keyspace}}.a (b text);\n")).not.toBe(checksum);
  });

  it("are refused when a number is missing", async () => {
    const folder = temporaryFolder();
    await writeFile(join(folder, "002-second.cql"), "");
    await expect(loadMigrations(folder)).rejects.toThrow(/Expected .* to have 001-….cql next, got 002-second.cql/);
  });
});

describeUnless(skipReason(), "the schema of a keyspace", () => {
  let client: Client;
  const keyspaces: string[] = [];

  beforeAll(async () => {
    client = await connectTo(testSettings());
  });

  afterAll(async () => {
    for (const keyspace of keyspaces) await client.execute(`DROP KEYSPACE IF EXISTS ${keyspace}`);
    await client.shutdown();
  });

  function newKeyspace(): string {
    const keyspace = `schema_test_${randomUUID().slice(0, 8)}`;
    keyspaces.push(keyspace);
    return keyspace;
  }

  async function apply(keyspace: string, changes: Partial<ApplyOptions> = {}): Promise<string[]> {
    const said: string[] = [];
    await applySchema({
      client,
      plan: planOf(testSettings({ keyspace })),
      migrations: await loadMigrations(),
      hasReplicationSetting: true,
      say: (line) => said.push(line),
      ...changes,
    });
    return said;
  }

  it("becomes whole when two apply it at once, and stays as it is for a third", async () => {
    const keyspace = newKeyspace();
    const said = (await Promise.all([apply(keyspace), apply(keyspace)])).flat();
    expect(said.filter((line) => line.startsWith("applied"))).toHaveLength(SCHEMA_VERSION);
    expect(await verifySchema(client, keyspace)).toEqual({ version: SCHEMA_VERSION, bucketMs: 3_600_000 });
    expect(await apply(keyspace)).toEqual([]);
  });

  it("keeps what is stored when it is upgraded from an older version", async () => {
    const keyspace = newKeyspace();
    const migrations = await loadMigrations();
    await apply(keyspace, { migrations: migrations.slice(0, 1) });
    await expect(verifySchema(client, keyspace)).rejects.toThrow(
      /Expected version 10 .*, got 1: run `npm run schema -- apply`/,
    );
    const insert = `INSERT INTO ${keyspace}.pulse_buckets_by_service (service_name, bucket) VALUES ('old', 0)`;
    await client.execute(insert);

    // A process of the new build that starts before the upgrade waits for it, and then goes on.
    const store = openTestStore({ keyspace });
    await expect(store.check()).rejects.toThrow(/npm run schema -- apply/);
    const outcome = await store.write([pulseOf()]);
    expect(outcome).toMatchObject({ kind: "retry", reason: expect.stringContaining("npm run schema -- apply") });

    expect(await apply(keyspace)).toEqual(migrations.slice(1).map(({ name }) => `applied ${name}`));
    await expect.poll(() => store.check().then(() => "ready", String)).toBe("ready");
    const { rowLength } = await client.execute(`SELECT * FROM ${keyspace}.pulse_buckets_by_service`);
    expect(rowLength).toBe(1);
  });

  it("keeps what was taken back for a day in partitions that are read whole", async () => {
    const keyspace = newKeyspace();
    await apply(keyspace);
    const { rows } = await client.execute(
      `SELECT table_name, gc_grace_seconds FROM system_schema.tables WHERE keyspace_name = '${keyspace}'`,
    );
    const graces = new Map(rows.map((row) => [row.table_name, row.gc_grace_seconds]));
    const whole = ["set_services", "markers_by_service", "health_runs_by_service", "pulse_rollups_by_service"];
    expect(whole.map((table) => graces.get(table))).toEqual(whole.map(() => DAY_MS / 1000));
  });

  it("takes another number of replicas", async () => {
    const keyspace = newKeyspace();
    await apply(keyspace);
    const replication = { [testSettings().localDataCenter]: 2 };
    const plan = { ...planOf(testSettings({ keyspace })), replication };
    const said = await apply(keyspace, { plan });
    expect(said).toEqual([
      `${keyspace} is now replicated ${JSON.stringify(replication)}: run \`nodetool repair --full ${keyspace}\``,
    ]);
    const { rows } = await client.execute(
      `SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = '${keyspace}'`,
    );
    expect(rows[0]?.replication.get(testSettings().localDataCenter)).toBe("2");
  });

  it("keeps its bucket, and takes a new retention", async () => {
    const keyspace = newKeyspace();
    await apply(keyspace);
    const plan = planOf(testSettings({ keyspace }));
    const said = await apply(keyspace, { plan: { ...plan, retentionMs: 90 * DAY_MS, bucketMs: 60_000 } });
    expect(said).toContain(`the bucket stays at 60 minutes, with which ${keyspace} was made`);
    expect(said).toContain("pulse_events_by_service now keeps 90 days");
    const { rows } = await client.execute(
      `SELECT default_time_to_live, compaction FROM system_schema.tables WHERE keyspace_name = '${keyspace}' AND table_name = 'pulse_events_by_service'`,
    );
    expect(rows[0]?.default_time_to_live).toBe((90 * DAY_MS) / 1000);
    expect(rows[0]?.compaction.get("compaction_window_size")).toBe("3");
    expect((await verifySchema(client, keyspace)).bucketMs).toBe(3_600_000);
  });

  it("refuses a step whose text has changed since it was applied", async () => {
    const keyspace = newKeyspace();
    const migrations = (await loadMigrations()).slice(0, 1);
    await apply(keyspace, { migrations });
    const changed = migrations.map((migration) => ({ ...migration, checksum: "another" }));
    await expect(apply(keyspace, { migrations: changed })).rejects.toThrow(/Expected 001-pulses.cql as it was applied/);
  });

  it("takes a step as applied that is noted by the checksum of its whole file", async () => {
    const keyspace = newKeyspace();
    await apply(keyspace);
    const checksum = "db5069d35d1af892ee0931d9175c4bf07eaab8c5c778e338020294c1c545b38e";
    await client.execute(`UPDATE ${keyspace}.schema_versions SET checksum = '${checksum}' WHERE version = 1`);
    expect(await apply(keyspace)).toEqual([]);
  });

  it("waits for a lock that another holds, and says so when it does not come free", async () => {
    const keyspace = newKeyspace();
    const migrations = (await loadMigrations()).slice(0, 1);
    await apply(keyspace, { migrations });
    await client.execute(`INSERT INTO ${keyspace}.schema_lock (name, holder) VALUES ('schema', 'other') USING TTL 60`);
    await expect(apply(keyspace, { migrations, lockTimeoutMs: 500 })).rejects.toThrow(
      /Expected the lock on .*held by another/,
    );
  });

  it("makes the store unready, and does not end the process, when a table goes", async () => {
    const keyspace = newKeyspace();
    await apply(keyspace);
    const store = await openReadyStore({ keyspace });
    await client.execute(`DROP TABLE ${keyspace}.latest_pulse_by_service`);
    await expect(store.check()).rejects.toThrow(SchemaError);
    await expect(store.check()).rejects.toThrow(/latest_pulse_by_service to have the column .*restore the table/);
    expect(await store.write([pulseOf()])).toMatchObject({ kind: "retry" });
  });
});
