import { setTimeout as delay } from "node:timers/promises";
import type { Client, QueryOptions, types } from "cassandra-driver";
import { failureOf } from "./driver-failure.ts";
import { SchemaError } from "./schema-verify.ts";

/** Runs the statements of a change to the schema. Each of them may run twice. */
export interface SchemaClient {
  run(query: string, params?: unknown[], options?: QueryOptions): Promise<types.ResultSet>;
  /** Runs a statement that changes the schema, and waits until all nodes have the same. @throws {SchemaError} */
  define(statement: string): Promise<void>;
}

const AGREEMENT_MS = 30_000;
const TRIES = 10;

/** A client that waits where a node is behind: a replica may not know a table that is seconds old. */
export function schemaClientOf(client: Client): SchemaClient {
  // Documented by the driver, and missing in its types.
  const metadata = client.metadata as unknown as { checkSchemaAgreement(): Promise<boolean> };

  async function run(query: string, params: unknown[] = [], options: QueryOptions = { prepare: false }) {
    for (let tries = 1; ; tries++) {
      try {
        return await client.execute(query, params, options);
      } catch (error) {
        // `schema`: the node has not heard of a new table, although all nodes agreed a moment ago.
        const mayPass = ["load", "away", "schema"].includes(failureOf(error).about);
        if (tries === TRIES || !mayPass) throw error;
        await delay(500);
      }
    }
  }

  async function define(statement: string): Promise<void> {
    await run(statement, [], { prepare: false, readTimeout: AGREEMENT_MS });
    const deadline = Date.now() + AGREEMENT_MS;
    // The driver waits only after a change that it made; what a statement finds in place may be another's, a moment old.
    while (!(await metadata.checkSchemaAgreement())) {
      if (Date.now() > deadline) {
        throw new SchemaError(
          `Expected all nodes to agree on the schema, got different ones after ${AGREEMENT_MS / 1000} s: look at \`nodetool describecluster\`, then run it again`,
        );
      }
      await delay(100);
    }
  }

  return { run, define };
}
