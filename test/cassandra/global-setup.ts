import { randomUUID } from "node:crypto";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { findWay, startCassandra } from "../../local/cassandra/cluster.ts";
import { cassandraSettings } from "../../settings/cassandra-settings.ts";
import { readSettings } from "../../settings/read.ts";
import { dropKeyspace, makeKeyspace } from "../../storage/testing/keyspace.ts";
import type { SharedCassandra } from "../../storage/testing/shared-cassandra.ts";

let tearDown = async () => {};

/** Finds or starts the one Cassandra of a test run and makes its keyspace; without a Cassandra, its tests are skipped. */
export async function setup(project: TestProject): Promise<void> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (name.startsWith("PULSE_CASSANDRA_") && value !== undefined) env[name] = value;
  }
  const isExternal = Boolean(env.PULSE_CASSANDRA_CONTACT_POINTS);
  if (!isExternal) {
    const way = await findWay();
    if (way.kind === "none") return giveUp(project, way.reason);
    const cassandra = await startCassandra({
      dataDir: await mkdtemp(join(tmpdir(), "pulsemesh-cassandra-")),
      isForTests: true,
      // The tests that kill a node start another one.
      commitlogSync: "periodic",
      say: (line) => console.log(line),
    });
    env.PULSE_CASSANDRA_CONTACT_POINTS = cassandra.contactPoints.join(",");
    env.PULSE_CASSANDRA_LOCAL_DC = cassandra.localDataCenter;
    tearDown = () => cassandra.stop();
  }
  env.PULSE_CASSANDRA_KEYSPACE = `pulse_test_${randomUUID().slice(0, 8)}`;
  const settings = readSettings(cassandraSettings, env);
  await makeKeyspace(settings);
  // With a node that was started here, the keyspace goes too.
  if (isExternal) tearDown = () => dropKeyspace(settings);
  provide(project, { kind: "ready", env });
}

export async function teardown(): Promise<void> {
  await tearDown();
}

function giveUp(project: TestProject, reason: string): void {
  if (process.env.CI) throw new Error(`${reason}\n(With CI set, tests of Cassandra are not skipped.)`);
  console.warn(`Cassandra's tests are skipped. ${reason}`);
  provide(project, { kind: "none", reason });
}

function provide(project: TestProject, value: SharedCassandra): void {
  project.provide("cassandra", value);
}
