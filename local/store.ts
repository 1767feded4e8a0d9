import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type RunningStore, startLocalCassandra } from "./cassandra/local-cassandra.ts";

export const STORES = ["sqlite", "cassandra"] as const;
export type StoreName = (typeof STORES)[number];

const SCHEMA_CLI = fileURLToPath(new URL("../storage/cassandra/schema-cli.ts", import.meta.url));
const NOTHING_TO_RUN: RunningStore = { env: {}, stop: async () => undefined };

/** Starts a Cassandra unless the environment names one, and applies the schema. SQLite needs neither. */
export async function startStore(name: StoreName, env: NodeJS.ProcessEnv): Promise<RunningStore> {
  if (name === "sqlite") return NOTHING_TO_RUN;
  const store = env.PULSE_CASSANDRA_CONTACT_POINTS
    ? NOTHING_TO_RUN
    : await startLocalCassandra(env, (line) => console.error(line));
  try {
    await applySchema({ ...env, ...store.env });
  } catch (error) {
    await store.stop();
    throw error;
  }
  return store;
}

async function applySchema(env: NodeJS.ProcessEnv): Promise<void> {
  const child = spawn(process.execPath, [SCHEMA_CLI, "apply"], { env, stdio: ["ignore", "ignore", "inherit"] });
  const [code] = await once(child, "exit");
  if (code !== 0)
    throw new Error(`Expected the schema to be applied, got exit code ${code} of \`npm run schema -- apply\``);
}
