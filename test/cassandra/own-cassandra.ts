import { randomUUID } from "node:crypto";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "cassandra-driver";
import { type Cassandra, type CassandraOptions, findWay, startCassandra } from "../../local/cassandra/cluster.ts";
import { type CassandraSettings, cassandraSettings } from "../../settings/cassandra-settings.ts";
import { readSettings } from "../../settings/read.ts";
import { clientOptionsOf } from "../../storage/cassandra/client-options.ts";
import { applySchema } from "../../storage/cassandra/schema-apply.ts";
import { loadMigrations } from "../../storage/cassandra/schema-files.ts";

export const RETENTION_MS = 30 * 86_400_000;

/** A Cassandra that a test may kill, with its schema. */
export interface OwnCassandra {
  cassandra: Cassandra;
  settings: CassandraSettings;
}

/** Why a test cannot start a Cassandra that it may kill: that takes Java and Maven on this machine. */
export async function whyNoProcesses(): Promise<string | undefined> {
  const way = await findWay();
  if (way.kind === "java") return undefined;
  const reason = way.kind === "none" ? way.reason : "Expected Java 17 and Maven, got Docker only: install them";
  if (process.env.CI) throw new Error(reason);
  return reason;
}

/** Starts a Cassandra and returns the settings that lead to it. */
export async function startOwnCassandra(options: Partial<CassandraOptions>): Promise<OwnCassandra> {
  const cassandra = await startCassandra({
    dataDir: await mkdtemp(join(tmpdir(), "pulsemesh-cassandra-")),
    isForTests: true,
    startTimeoutMs: 240_000,
    ...options,
  });
  const settings = readSettings(cassandraSettings, {
    PULSE_CASSANDRA_CONTACT_POINTS: cassandra.contactPoints.join(","),
    PULSE_CASSANDRA_LOCAL_DC: cassandra.localDataCenter,
    PULSE_CASSANDRA_KEYSPACE: `pulse_test_${randomUUID().slice(0, 8)}`,
  });
  return { cassandra, settings };
}

/** Makes the keyspace that the settings name. */
export async function makeKeyspace(settings: CassandraSettings, replicas = 1): Promise<void> {
  const client = new Client(await clientOptionsOf({ ...settings, requestTimeoutMs: 60_000 }));
  await client.connect();
  await applySchema({
    client,
    plan: {
      keyspace: settings.keyspace,
      replication: settings.replication ?? { [settings.localDataCenter]: replicas },
      retentionMs: RETENTION_MS,
      bucketMs: 3_600_000,
    },
    migrations: await loadMigrations(),
    hasReplicationSetting: false,
    say: () => {},
  });
  await client.shutdown();
}

/** Removes the keyspace that the settings name. */
export async function dropKeyspace(settings: CassandraSettings): Promise<void> {
  const client = new Client(await clientOptionsOf({ ...settings, requestTimeoutMs: 60_000 }));
  await client.execute(`DROP KEYSPACE IF EXISTS ${settings.keyspace}`, [], { prepare: false });
  await client.shutdown();
}
