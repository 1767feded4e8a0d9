import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { types } from "cassandra-driver";
import type { SchemaClient } from "./schema-client.ts";
import { SchemaError } from "./schema-verify.ts";

export interface LockOptions {
  keyspace: string;
  say: (line: string) => void;
  /** How long another may hold it. @default 150_000 */
  lockTimeoutMs?: number | undefined;
}

// Longer than any step takes. The lock of a process that died frees itself.
const LOCK_SECONDS = 120;
const SERIAL = { prepare: false, serialConsistency: types.consistencies.localSerial };

/** Does some work on a keyspace's schema while no other does. @throws {SchemaError} when the lock does not come free. */
export async function withSchemaLock(
  { run }: SchemaClient,
  { keyspace, say, lockTimeoutMs = 150_000 }: LockOptions,
  work: () => Promise<void>,
): Promise<void> {
  const holder = randomUUID();
  const deadline = Date.now() + lockTimeoutMs;
  const take = `INSERT INTO ${keyspace}.schema_lock (name, holder) VALUES ('schema', '${holder}') IF NOT EXISTS USING TTL ${LOCK_SECONDS}`;
  for (let isWaiting = false; ; isWaiting = true) {
    const result = await run(take, [], SERIAL);
    // A try whose answer was lost may have taken it.
    if (result.wasApplied() || result.first()?.holder === holder) break;
    if (Date.now() > deadline) {
      throw new SchemaError(
        `Expected the lock on ${keyspace}'s schema, got it held by another for ${lockTimeoutMs / 1000} s: wait for the other to end`,
      );
    }
    if (!isWaiting) say("another is at work on the schema: waiting for it");
    await delay(100 + Math.random() * 200);
  }
  try {
    await work();
  } finally {
    const give = `DELETE FROM ${keyspace}.schema_lock WHERE name = 'schema' IF holder = '${holder}'`;
    await run(give, [], SERIAL).catch(() => {});
  }
}
