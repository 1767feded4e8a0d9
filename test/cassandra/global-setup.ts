import { randomUUID } from "node:crypto";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { type Cassandra, findWay, startCassandra } from "../../local/cassandra/cluster.ts";
import { cassandraSettings } from "../../settings/cassandra-settings.ts";
import { readSettings } from "../../settings/read.ts";
import type { TestCassandra } from "../../storage/testing/keyspace.ts";
import { dropKeyspace, makeKeyspace } from "./own-cassandra.ts";

let cassandra: Cassandra | undefined;
let dropExternalKeyspace: (() => Promise<void>) | undefined;

/** Finds or starts the one Cassandra of a test run and makes its keyspace. Where neither works, the tests are skipped. */
export async function setup(project: TestProject): Promise<void> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (name.startsWith("PULSE_CASSANDRA_") && value !== undefined) env[name] = value;
  }
  env.PULSE_CASSANDRA_KEYSPACE = `pulse_test_${randomUUID().slice(0, 8)}`;
  if (env.PULSE_CASSANDRA_CONTACT_POINTS) {
    dropExternalKeyspace = () => dropKeyspace(readSettings(cassandraSettings, env));
  } else {
    const way = await findWay();
    if (way.kind === "none") return giveUp(project, way.reason);
    cassandra = await startCassandra({
      dataDir: await mkdtemp(join(tmpdir(), "pulsemesh-cassandra-")),
      isForTests: true,
      // Tests that kill a node start their own.
      commitlogSync: "periodic",
      say: (line) => console.log(line),
    });
    env.PULSE_CASSANDRA_CONTACT_POINTS = cassandra.contactPoints.join(",");
    env.PULSE_CASSANDRA_LOCAL_DC = cassandra.localDataCenter;
  }
  await makeKeyspace(readSettings(cassandraSettings, env));
  provide(project, { kind: "ready", env });
}

export async function teardown(): Promise<void> {
  await dropExternalKeyspace?.();
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
