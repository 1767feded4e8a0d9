// A keyspace with PulseMesh's schema, made and removed.
import type { Client } from "cassandra-driver";
import { DAY_MS } from "../../events/time.ts";
import type { CassandraSettings } from "../../settings/cassandra-settings.ts";
import { connectDriver } from "../cassandra/driver-client.ts";
import { applySchema } from "../cassandra/schema-apply.ts";
import { loadMigrations, type SchemaPlan } from "../cassandra/schema-files.ts";

export const RETENTION_MS = 30 * DAY_MS;

/** The plan of a keyspace with buckets of an hour. */
export function planOf(settings: CassandraSettings, replicas = 1): SchemaPlan {
  const { keyspace, localDataCenter, replication = { [localDataCenter]: replicas } } = settings;
  return { keyspace, replication, retentionMs: RETENTION_MS, bucketMs: 3_600_000 };
}

/** A connected client that waits long for its answers: the machine may be busy. */
export async function connectTo(settings: CassandraSettings): Promise<Client> {
  return (await connectDriver({ ...settings, requestTimeoutMs: 60_000 })).client;
}

/** Makes the keyspace that the settings name. */
export async function makeKeyspace(settings: CassandraSettings, replicas = 1): Promise<void> {
  const client = await connectTo(settings);
  await applySchema({
    client,
    plan: planOf(settings, replicas),
    migrations: await loadMigrations(),
    hasReplicationSetting: false,
    say: () => {},
  });
  await client.shutdown();
}

/** Removes the keyspace that the settings name. */
export async function dropKeyspace(settings: CassandraSettings): Promise<void> {
  const client = await connectTo(settings);
  await client.execute(`DROP KEYSPACE IF EXISTS ${settings.keyspace}`, [], { prepare: false });
  await client.shutdown();
}
