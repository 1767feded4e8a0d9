import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "cassandra-driver";
import type { Pulse } from "../../events/pulse.ts";
import { findWay, startCassandra } from "../../local/cassandra/cluster.ts";
import type { CassandraNode } from "../../local/cassandra/node.ts";
import { cassandraSettings } from "../../settings/cassandra-settings.ts";
import { readSettings } from "../../settings/read.ts";
import type { Statement } from "../../storage/cassandra/cql.ts";
import { bucketOf, insertOf, type PulseStatements, pulseStatements } from "../../storage/cassandra/pulse-row.ts";
import { type CassandraPulseStore, openCassandraPulseStore } from "../../storage/cassandra/pulse-store.ts";
import { connectTo, makeKeyspace, RETENTION_MS } from "../../storage/testing/keyspace.ts";
import type { Row } from "../table.ts";

export const HOUR_MS = 3_600_000;
const TTL_SECONDS = RETENTION_MS / 1000;

/** A keyspace, with the store and with the driver itself. */
export interface Table {
  keyspace: string;
  client: Client;
  store: CassandraPulseStore;
  statements: PulseStatements;
}

/** A real node with nothing else on it. */
export interface Rig {
  node: CassandraNode;
  contactPoints: readonly string[];
  openTable(): Promise<Table>;
}

/** Starts a node for some work, then removes it with its data. Without Java, a row says why nothing was measured. */
export async function withRig(work: (rig: Rig) => Promise<Row[]>): Promise<Row[]> {
  const way = await findWay();
  if (way.kind !== "java") {
    const reason = way.kind === "none" ? way.reason : "CPU is counted of a process, not of a container";
    return [{ what: "cassandra", figure: `not measured: ${reason}` }];
  }
  const dataDir = await mkdtemp(join(tmpdir(), "pulsemesh-bench-"));
  const cassandra = await startCassandra({ dataDir, heapMb: 1024, say: (line) => console.error(line) });
  const tables: Table[] = [];
  async function openTable(): Promise<Table> {
    const settings = readSettings(cassandraSettings, {
      PULSE_CASSANDRA_CONTACT_POINTS: cassandra.contactPoints.join(","),
      PULSE_CASSANDRA_KEYSPACE: `pulse_bench_${randomUUID().slice(0, 8)}`,
    });
    const { keyspace } = settings;
    await makeKeyspace(settings);
    const client = await connectTo(settings);
    const store = openCassandraPulseStore({ settings, retentionMs: RETENTION_MS });
    await store.check();
    const table = { keyspace, client, store, statements: pulseStatements(keyspace) };
    tables.push(table);
    return table;
  }
  try {
    const { nodes, contactPoints } = cassandra;
    return await work({ node: nodes[0] as CassandraNode, contactPoints, openTable });
  } finally {
    for (const { store, client } of tables) {
      await store.close();
      await client.shutdown();
    }
    await cassandra.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

// On a busy machine Cassandra may time out: each way of writing tries again, as a broker would.

/** Writes as pulse-persist does; gives the number of rows. */
export async function storeWrite({ store }: Table, pulses: readonly Pulse[]): Promise<number> {
  for (;;) {
    const outcome = await store.write(pulses);
    if (outcome.kind === "stored") return pulses.length;
    if (outcome.kind === "rejected") throw new Error(outcome.reason);
    console.error(`again: ${outcome.reason}`);
    await delay(200);
  }
}

/** Writes pulses of one partition as a batch made by hand. */
export async function rawBatch(table: Table, pulses: readonly Pulse[]): Promise<number> {
  const inserts = pulses.map((pulse) => insert(table, pulse));
  await untilDone(() => table.client.batch(inserts, { logged: false }));
  return pulses.length;
}

/** Writes a pulse with a prepared insert. */
export async function rawInsert(table: Table, pulse: Pulse): Promise<number> {
  const { query, params } = insert(table, pulse);
  await untilDone(() => table.client.execute(query, params));
  return 1;
}

function insert({ statements }: Table, pulse: Pulse): Statement {
  const time = pulse.event_time;
  const times = { retentionMs: TTL_SECONDS * 1000, bucketMs: HOUR_MS, era: 0 };
  return insertOf(statements, { pulse, time }, bucketOf(time, HOUR_MS), TTL_SECONDS, times);
}

async function untilDone(work: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      console.error(`again: ${error}`);
      await delay(200);
    }
  }
}
