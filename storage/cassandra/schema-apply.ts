import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { type Client, types } from "cassandra-driver";
import {
  foundationOf,
  type Migration,
  retentionSecondsOf,
  type SchemaPlan,
  statementsOf,
  windowsOf,
} from "./schema-files.ts";
import { SchemaError } from "./schema-verify.ts";

export interface ApplyOptions {
  client: Client;
  plan: SchemaPlan;
  migrations: readonly Migration[];
  /** Changes the replicas of a keyspace that exists already. */
  hasReplicationSetting: boolean;
  say: (line: string) => void;
  /** How long another may hold the lock. @default 150_000 */
  lockTimeoutMs?: number;
}

// Longer than any step takes; the lock of one that died frees itself.
const LOCK_SECONDS = 120;

/** Brings a keyspace to the last step, whatever it is at; does nothing when it is there. Two at once take turns. */
export async function applySchema(options: ApplyOptions): Promise<void> {
  const { client, plan, migrations, say } = options;
  const [keyspace = "", lock = "", ...notes] = foundationOf(plan);
  await define(client, keyspace);
  await define(client, lock);
  await withLock(options, async () => {
    for (const statement of notes) await define(client, statement);
    await noteBucket(client, plan, say);
    const applied = await client.execute(`SELECT version, checksum FROM ${plan.keyspace}.schema_versions`, [], PLAIN);
    const checksums = new Map(applied.rows.map((row) => [Number(row.version), String(row.checksum)]));
    for (const migration of migrations) {
      const checksum = checksums.get(migration.version);
      if (checksum === migration.checksum) continue;
      if (checksum !== undefined) {
        throw new SchemaError(
          `Expected ${migration.name} as it was applied to ${plan.keyspace}, got another text: undo the change and put it into a new file`,
        );
      }
      for (const statement of statementsOf(migration, plan)) await define(client, statement);
      await client.execute(
        `INSERT INTO ${plan.keyspace}.schema_versions (version, name, checksum, applied_at) VALUES (?, ?, ?, ?)`,
        [migration.version, migration.name, migration.checksum, new Date()],
      );
      say(`applied ${migration.name}`);
    }
    await tune(options);
  });
}

const PLAIN = { prepare: false };

// The driver waits until all nodes have the same schema; a statement made before that may be lost on some.
async function define(client: Client, statement: string): Promise<void> {
  const result = await client.execute(statement, [], { ...PLAIN, readTimeout: 30_000 });
  // Documented by the driver, and missing in its types.
  const { isSchemaInAgreement } = result.info as { isSchemaInAgreement?: boolean };
  if (isSchemaInAgreement === false) {
    throw new SchemaError(
      "Expected all nodes to agree on the schema, got different ones after 10 s: look at `nodetool describecluster`, then run it again",
    );
  }
}

async function noteBucket(client: Client, { keyspace, bucketMs }: SchemaPlan, say: (line: string) => void) {
  const { rows } = await client.execute(
    `SELECT value FROM ${keyspace}.schema_facts WHERE name = 'bucket_ms'`,
    [],
    PLAIN,
  );
  const noted = rows[0]?.value;
  if (noted === undefined) {
    await client.execute(`INSERT INTO ${keyspace}.schema_facts (name, value) VALUES ('bucket_ms', ?)`, [
      String(bucketMs),
    ]);
  } else if (Number(noted) !== bucketMs) {
    say(`the bucket stays at ${Number(noted) / 60_000} minutes, with which ${keyspace} was made`);
  }
}

/** The settings that may change later: the retention, and the replicas where they are set. */
async function tune({ client, plan, hasReplicationSetting, say }: ApplyOptions): Promise<void> {
  const { rows } = await client.execute(
    `SELECT table_name, default_time_to_live, compaction FROM system_schema.tables WHERE keyspace_name = '${plan.keyspace}'`,
    [],
    PLAIN,
  );
  const seconds = retentionSecondsOf(plan);
  for (const row of rows) {
    if (row.default_time_to_live === 0 || row.default_time_to_live === seconds) continue;
    const isInWindows = String(row.compaction.get("class")).endsWith("TimeWindowCompactionStrategy");
    const windows = JSON.stringify(windowsOf(plan.retentionMs)).replaceAll('"', "'");
    const compaction = isInWindows ? ` AND compaction = ${windows}` : "";
    await define(
      client,
      `ALTER TABLE ${plan.keyspace}.${row.table_name} WITH default_time_to_live = ${seconds}${compaction}`,
    );
    say(`${row.table_name} now keeps ${seconds / 86_400} days`);
  }
  if (!hasReplicationSetting) return;
  const found = await client.execute(
    `SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = '${plan.keyspace}'`,
    [],
    PLAIN,
  );
  const replicas = new Map<string, string>(found.rows[0]?.replication);
  replicas.delete("class");
  const wanted = Object.entries(plan.replication);
  if (replicas.size === wanted.length && wanted.every(([name, factor]) => Number(replicas.get(name)) === factor))
    return;
  const map = wanted.map(([name, factor]) => `, '${name}': ${factor}`).join("");
  await define(client, `ALTER KEYSPACE ${plan.keyspace} WITH replication = {'class': 'NetworkTopologyStrategy'${map}}`);
  say(
    `${plan.keyspace} is now replicated ${JSON.stringify(plan.replication)}: run \`nodetool repair --full ${plan.keyspace}\``,
  );
}

async function withLock(options: ApplyOptions, work: () => Promise<void>): Promise<void> {
  const { client, plan, say, lockTimeoutMs = 150_000 } = options;
  const holder = randomUUID();
  const serial = { serialConsistency: types.consistencies.localSerial, isIdempotent: false };
  const deadline = Date.now() + lockTimeoutMs;
  let isWaiting = false;
  const take = `INSERT INTO ${plan.keyspace}.schema_lock (name, holder) VALUES ('schema', ?) IF NOT EXISTS USING TTL ${LOCK_SECONDS}`;
  while (!(await client.execute(take, [holder], serial)).wasApplied()) {
    if (Date.now() > deadline) {
      throw new SchemaError(
        `Expected the lock on ${plan.keyspace}'s schema, got it held by another for ${lockTimeoutMs / 1000} s: wait for the other to end`,
      );
    }
    if (!isWaiting) say("another is at work on the schema: waiting for it");
    isWaiting = true;
    await delay(100 + Math.random() * 200);
  }
  try {
    await work();
  } finally {
    const give = `DELETE FROM ${plan.keyspace}.schema_lock WHERE name = 'schema' IF holder = ?`;
    await client.execute(give, [holder], serial).catch(() => {});
  }
}
