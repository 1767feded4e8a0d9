import { randomUUID } from "node:crypto";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "cassandra-driver";
import type { TestProject } from "vitest/node";
import { type Cassandra, findWay, startCassandra } from "../../local/cassandra/cluster.ts";
import { cassandraSettings } from "../../settings/cassandra-settings.ts";
import { readSettings } from "../../settings/read.ts";
import { clientOptionsOf } from "../../storage/cassandra/client-options.ts";
import { applySchema } from "../../storage/cassandra/schema-apply.ts";
import { loadMigrations } from "../../storage/cassandra/schema-files.ts";
import type { TestCassandra } from "../../storage/testing/keyspace.ts";

let cassandra: Cassandra | undefined;
let dropKeyspace: (() => Promise<void>) | undefined;

/** Finds or starts the one Cassandra of a test run and makes its keyspace. Where that cannot be, the tests are skipped. */
export async function setup(project: TestProject): Promise<void> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (name.startsWith("PULSE_CASSANDRA_") && value !== undefined) env[name] = value;
  }
  if (!env.PULSE_CASSANDRA_CONTACT_POINTS) {
    const way = await findWay();
    if (way.kind === "none") return giveUp(project, way.reason);
    cassandra = await startCassandra({
      dataDir: await mkdtemp(join(tmpdir(), "pulsemesh-cassandra-")),
      isForTests: true,
      // What is killed in the tests is a node of their own.
      commitlogSync: "periodic",
      say: (line) => console.log(line),
    });
    env.PULSE_CASSANDRA_CONTACT_POINTS = cassandra.contactPoints.join(",");
    env.PULSE_CASSANDRA_LOCAL_DC = cassandra.localDataCenter;
  }
  env.PULSE_CASSANDRA_KEYSPACE = `pulse_test_${randomUUID().slice(0, 8)}`;
  const settings = { ...readSettings(cassandraSettings, env), requestTimeoutMs: 20_000 };
  const client = new Client(await clientOptionsOf(settings));
  dropKeyspace = async () => {
    // A node of ours goes with its data.
    if (cassandra === undefined) await client.execute(`DROP KEYSPACE IF EXISTS ${settings.keyspace}`);
    await client.shutdown();
  };
  await client.connect();
  await applySchema({
    client,
    plan: {
      keyspace: settings.keyspace,
      replication: settings.replication ?? { [settings.localDataCenter]: 1 },
      retentionMs: 30 * 86_400_000,
      bucketMs: 3_600_000,
    },
    migrations: await loadMigrations(),
    hasReplicationSetting: false,
    say: () => {},
  });
  provide(project, { kind: "ready", env });
}

export async function teardown(): Promise<void> {
  await dropKeyspace?.();
  await cassandra?.stop();
}

function giveUp(project: TestProject, reason: string): void {
  if (process.env.CI) throw new Error(`${reason}\n(With CI set, tests of Cassandra are not skipped.)`);
  console.warn(`Cassandra's tests are skipped. ${reason}`);
  provide(project, { kind: "none", reason });
}

function provide(project: TestProject, value: TestCassandra): void {
  project.provide("cassandra", value);
}
