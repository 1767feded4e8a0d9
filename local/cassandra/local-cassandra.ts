import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { localCassandraSettings } from "../../settings/cassandra-settings.ts";
import { makeDataFolder } from "../../settings/data-folder.ts";
import { makeOwnFolder } from "../../settings/private-files.ts";
import { readSettings } from "../../settings/read.ts";
import { startCassandra } from "./cluster.ts";
import type { CassandraNode } from "./node.ts";

/** A store that runs on this machine. */
export interface RunningStore {
  /** The settings that lead PulseMesh's processes to it. */
  env: Record<string, string>;
  stop(): Promise<void>;
}

const PAUSE_MS = 2000;

/**
 * Starts the Cassandra that the environment describes, without a schema; its data is kept for the next start. A node that
 * ends unasked is started again, with a line.
 */
export async function startLocalCassandra(env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<RunningStore> {
  const settings = readSettings(localCassandraSettings, env);
  makeDataFolder(settings.dataDir);
  const own = join(settings.dataDir, "cassandra");
  makeOwnFolder(own);
  const nodes = settings.nodes === "3" ? 3 : 1;
  const restarts = new Set<Promise<void>>();
  let isStopping = false;
  async function startAgain(node: CassandraNode, how: string): Promise<void> {
    say(`The Cassandra node on ${node.address} ended unasked (${how}): starting it again`);
    while (!isStopping) {
      try {
        await node.restart();
        say(`The Cassandra node on ${node.address} takes connections again`);
        return;
      } catch (error) {
        if (!isStopping) say(`The Cassandra node on ${node.address} does not start: ${(error as Error).message}`);
        await delay(PAUSE_MS);
      }
    }
  }
  const cassandra = await startCassandra({
    nodes,
    dataDir: join(own, nodes === 1 ? "one" : "three"),
    port: settings.port,
    heapMb: settings.heapMb,
    onEnd: (node, how) => {
      if (isStopping) return;
      const restart = startAgain(node, how).finally(() => restarts.delete(restart));
      restarts.add(restart);
    },
    say,
    env,
  });
  return {
    env: {
      PULSE_CASSANDRA_CONTACT_POINTS: cassandra.contactPoints.join(","),
      ...(nodes === 3 && { PULSE_CASSANDRA_REPLICATION: `${cassandra.localDataCenter}:3` }),
    },
    async stop() {
      isStopping = true;
      await cassandra.stop();
      if (restarts.size === 0) return;
      // A restart may have made a process after that.
      await Promise.all(restarts);
      await cassandra.stop();
    },
  };
}
