// What the tests of this folder work on: the keyspace that test/cassandra/global-setup.ts has made for the whole run.
import { inject } from "vitest";
import { type CassandraSettings, cassandraSettings } from "../../settings/cassandra-settings.ts";
import { readSettings } from "../../settings/read.ts";

/** The Cassandra of a test run: how to reach it, or why there is none. */
export type TestCassandra = { kind: "ready"; env: Record<string, string> } | { kind: "none"; reason: string };

declare module "vitest" {
  export interface ProvidedContext {
    cassandra: TestCassandra;
  }
}

/** Why the tests cannot run; they are reported as skipped then. */
export function skipReason(): string | undefined {
  const cassandra = inject("cassandra");
  return cassandra.kind === "none" ? cassandra.reason : undefined;
}

/** The settings with which the run's Cassandra is reached, some of them changed. Patient: the machine may be busy. */
export function testSettings(changes: Partial<CassandraSettings> = {}): CassandraSettings {
  const cassandra = inject("cassandra");
  const env = cassandra.kind === "ready" ? cassandra.env : {};
  return { ...readSettings(cassandraSettings, env), requestTimeoutMs: 20_000, ...changes };
}
