import { setTimeout as delay } from "node:timers/promises";
import type { Client, QueryOptions, types } from "cassandra-driver";
import type { Statement } from "./row.ts";

/** What the stores ask of the driver. */
export interface Cql {
  execute(query: string, params: unknown[], options?: QueryOptions): Promise<types.ResultSet>;
  batch(statements: Statement[], options: { logged: boolean }): Promise<void>;
}

// The driver prepares a statement on one node, and fails with a plain Error when that one has no connection at the
// moment, although others have (PrepareHandler._prepareWithQueryPlan). Its next try begins with the next node.
const NO_CONNECTION = "No connection available";
const TRIES = 4;
const PAUSE_MS = 50;

/** The driver's client, with another try where it gives up although nodes are there. */
export function cqlOf(client: Client): Cql {
  return {
    execute: (query, params, options) => insist(() => client.execute(query, params, options ?? {})),
    batch: async (statements, options) => {
      await insist(() => client.batch(statements, options));
    },
  };
}

async function insist<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (tries === TRIES || !(error instanceof Error) || error.message !== NO_CONNECTION) throw error;
      await delay(PAUSE_MS * tries);
    }
  }
}
