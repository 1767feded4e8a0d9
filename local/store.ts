import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { localCassandraSettings } from "../settings/cassandra-settings.ts";
import { readSettings } from "../settings/read.ts";
import { startCassandra } from "./cassandra/cluster.ts";

export const STORES = ["sqlite", "cassandra"] as const;
export type StoreName = (typeof STORES)[number];

/** A store that runs for the platform; `env` is what the functions need to find it. */
export interface RunningStore {
  env: Record<string, string>;
  stop(): Promise<void>;
}

const SCHEMA_CLI = fileURLToPath(new URL("../storage/cassandra/schema-cli.ts", import.meta.url));
const NOTHING_TO_RUN: RunningStore = { env: {}, stop: async () => undefined };

/** Starts what the store needs: nothing for SQLite or a Cassandra that is there already; else a node with the schema. */
export async function startStore(name: StoreName, env: NodeJS.ProcessEnv): Promise<RunningStore> {
  if (name === "sqlite") return NOTHING_TO_RUN;
  if (env.PULSE_CASSANDRA_CONTACT_POINTS) {
    await applySchema(env);
    return NOTHING_TO_RUN;
  }
  const settings = readSettings(localCassandraSettings, env);
  const count = settings.nodes === 3 ? 3 : 1;
  const cassandra = await startCassandra({
    nodes: count,
    dataDir: join(settings.dataDir, "cassandra", count === 1 ? "one" : "three"),
    port: settings.port,
    heapMb: settings.heapMb,
    say: (line) => console.error(line),
    env,
  });
  const own = {
    PULSE_CASSANDRA_CONTACT_POINTS: cassandra.contactPoints.join(","),
    ...(count === 3 && { PULSE_CASSANDRA_REPLICATION: `${cassandra.localDataCenter}:3` }),
  };
  try {
    await applySchema({ ...env, ...own });
  } catch (error) {
    await cassandra.stop();
    throw error;
  }
  return { env: own, stop: () => cassandra.stop() };
}

async function applySchema(env: NodeJS.ProcessEnv): Promise<void> {
  const child = spawn(process.execPath, [SCHEMA_CLI, "apply"], { env, stdio: ["ignore", "ignore", "inherit"] });
  const [code] = await once(child, "exit");
  if (code !== 0)
    throw new Error(`Expected the schema to be applied, got exit code ${code} of \`npm run schema -- apply\``);
}
