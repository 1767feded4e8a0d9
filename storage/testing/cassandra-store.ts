// Pulse stores on the run's keyspace, and a client beside them.
import { Client } from "cassandra-driver";
import { onTestFinished } from "vitest";
import type { CassandraSettings } from "../../settings/cassandra-settings.ts";
import { clientOptionsOf } from "../cassandra/client-options.ts";
import {
  type CassandraPulseStore,
  type CassandraPulseStoreOptions,
  openCassandraPulseStore,
} from "../cassandra/pulse-store.ts";
import { RETENTION_MS } from "./keyspace.ts";
import { ALL } from "./pulses.ts";
import { testSettings } from "./shared-cassandra.ts";

/** Opens a store that need not be ready yet; the end of the test closes it. */
export function openTestStore(
  settings: Partial<CassandraSettings> = {},
  options: Partial<CassandraPulseStoreOptions> = {},
): CassandraPulseStore {
  const store = openCassandraPulseStore({ settings: testSettings(settings), retentionMs: RETENTION_MS, ...options });
  onTestFinished(() => store.close());
  return store;
}

/** Opens a store and waits until it is ready. */
export async function openReadyStore(...args: Parameters<typeof openTestStore>): Promise<CassandraPulseStore> {
  const store = openTestStore(...args);
  await store.check();
  return store;
}

/** A client of the run's Cassandra that need not be connected yet; the end of the test shuts it down. */
export async function openTestClient(): Promise<Client> {
  const client = new Client(await clientOptionsOf(testSettings()));
  onTestFinished(() => client.shutdown());
  return client;
}

/** The ids of all pulses of a service, as the store scans them. */
export async function idsOf(store: CassandraPulseStore, service: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const chunk of store.scan(service, ALL)) ids.push(...chunk.map(({ id }) => id));
  return ids;
}
