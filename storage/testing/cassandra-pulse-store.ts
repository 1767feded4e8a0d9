// For tests of the pulse store: stores on the run's keyspace, a client beside them, and pulses to write.
import { randomUUID } from "node:crypto";
import { Client } from "cassandra-driver";
import { afterAll, beforeAll } from "vitest";
import type { Pulse } from "../../events/pulse.ts";
import type { CassandraSettings } from "../../settings/cassandra-settings.ts";
import { clientOptionsOf } from "../cassandra/client-options.ts";
import {
  type CassandraPulseStore,
  type CassandraPulseStoreOptions,
  openCassandraPulseStore,
} from "../cassandra/pulse-store.ts";
import type { WriteOutcome } from "../ports.ts";
import { testSettings } from "./keyspace.ts";

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
export const ALL = { from: 0, to: Number.MAX_SAFE_INTEGER };
export const STORED: WriteOutcome = { kind: "stored" };

/** Opens stores that are closed after the suite in which this is called. */
export function storeOpener() {
  const stores: CassandraPulseStore[] = [];
  afterAll(async () => {
    await Promise.all(stores.map((store) => store.close()));
  });
  return (settings: Partial<CassandraSettings> = {}, options: Partial<CassandraPulseStoreOptions> = {}) => {
    const store = openCassandraPulseStore({ settings: testSettings(settings), retentionMs: 30 * DAY_MS, ...options });
    stores.push(store);
    return store;
  };
}

/** Holds a client that is connected while the suite runs in which this is called. */
export function clientHolder(): { client: Client } {
  const holder = {} as { client: Client };
  beforeAll(async () => {
    holder.client = new Client(await clientOptionsOf(testSettings()));
    await holder.client.connect();
  });
  afterAll(() => holder.client.shutdown());
  return holder;
}

/** A pulse of a service of its own, unless it is named. */
export function pulseOf(fields: Partial<Pulse> = {}): Pulse {
  return {
    service_name: `s-${randomUUID()}`,
    event_time: Date.now(),
    latency_ms: 1,
    status: "ok",
    id: randomUUID(),
    source: "/",
    ...fields,
  };
}

/** Ids of all that a service has, as the store scans them. */
export async function idsOf(store: CassandraPulseStore, service: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const chunk of store.scan(service, ALL)) ids.push(...chunk.map(({ id }) => id));
  return ids;
}
