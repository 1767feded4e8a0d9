// The Cassandra that all tests of a run share; test/cassandra/global-setup.ts finds or starts it and makes its keyspace.
import { inject } from "vitest";
import { type CassandraSettings, cassandraSettings } from "../../settings/cassandra-settings.ts";
import { readSettings } from "../../settings/read.ts";

/** The Cassandra of a test run: how to reach it, or why there is none. */
export type SharedCassandra = { kind: "ready"; env: Record<string, string> } | { kind: "none"; reason: string };

declare module "vitest" {
  export interface ProvidedContext {
    cassandra: SharedCassandra;
  }
}

/** Why the tests cannot run: the report shows it beside their names. */
export function skipReason(): string | undefined {
  const cassandra = inject("cassandra");
  return cassandra.kind === "none" ? cassandra.reason : undefined;
}

/** The environment that reaches the Cassandra. */
export function cassandraEnv(): Record<string, string> {
  const cassandra = inject("cassandra");
  return cassandra.kind === "ready" ? cassandra.env : {};
}

/** The settings that reach the Cassandra, with some changes. The timeout is long: the machine may be busy. */
export function testSettings(changes: Partial<CassandraSettings> = {}): CassandraSettings {
  return { ...readSettings(cassandraSettings, cassandraEnv()), requestTimeoutMs: 20_000, ...changes };
}
