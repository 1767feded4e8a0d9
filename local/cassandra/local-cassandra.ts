import { join } from "node:path";
import { localCassandraSettings } from "../../settings/cassandra-settings.ts";
import { readSettings } from "../../settings/read.ts";
import { startCassandra } from "./cluster.ts";

/** A store that runs on this machine. */
export interface RunningStore {
  /** The settings that lead PulseMesh's processes to it. */
  env: Record<string, string>;
  stop(): Promise<void>;
}

/** Starts the Cassandra that the environment describes, without a schema; its data is kept for the next start. */
export async function startLocalCassandra(env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<RunningStore> {
  const settings = readSettings(localCassandraSettings, env);
  const nodes = settings.nodes === 3 ? 3 : 1;
  const cassandra = await startCassandra({
    nodes,
    dataDir: join(settings.dataDir, "cassandra", nodes === 1 ? "one" : "three"),
    port: settings.port,
    heapMb: settings.heapMb,
    say,
    env,
  });
  return {
    env: {
      PULSE_CASSANDRA_CONTACT_POINTS: cassandra.contactPoints.join(","),
      ...(nodes === 3 && { PULSE_CASSANDRA_REPLICATION: `${cassandra.localDataCenter}:3` }),
    },
    stop: () => cassandra.stop(),
  };
}
