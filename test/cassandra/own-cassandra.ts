import { randomUUID } from "node:crypto";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cassandra, type CassandraOptions, findWay, startCassandra } from "../../local/cassandra/cluster.ts";
import { type CassandraSettings, cassandraSettings } from "../../settings/cassandra-settings.ts";
import { readSettings } from "../../settings/read.ts";

/** A Cassandra that a test may kill. */
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
