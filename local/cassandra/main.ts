// `make cassandra`: a real Cassandra on this machine, in the foreground, until Ctrl-C.
import { join } from "node:path";
import { localCassandraSettings } from "../../settings/cassandra-settings.ts";
import { readSettings } from "../../settings/read.ts";
import { startCassandra } from "./cluster.ts";

async function run(env: NodeJS.ProcessEnv): Promise<void> {
  if (env.PULSE_CASSANDRA_CONTACT_POINTS) {
    console.log(`PULSE_CASSANDRA_CONTACT_POINTS is set (${env.PULSE_CASSANDRA_CONTACT_POINTS}): nothing to start.`);
    return;
  }
  const settings = readSettings(localCassandraSettings, env);
  const count = settings.nodes === 3 ? 3 : 1;
  console.log(`Starting ${count === 1 ? "a Cassandra node" : "three Cassandra nodes"} (10 to 30 s) …`);
  const cassandra = await startCassandra({
    nodes: count,
    dataDir: join(settings.dataDir, "cassandra", count === 1 ? "one" : "three"),
    port: settings.port,
    heapMb: settings.heapMb,
    say: (line) => console.log(line),
    env,
  });
  // Listened for before it is said: who reads the line may press Ctrl-C at once.
  const stopping = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
  });
  console.log(`Cassandra takes connections. In another terminal:
  export PULSE_CASSANDRA_CONTACT_POINTS=${cassandra.contactPoints.join(",")}${count === 3 ? ` PULSE_CASSANDRA_REPLICATION=${cassandra.localDataCenter}:3` : ""}
  npm run schema -- apply
Ctrl-C stops it; its data stays.`);
  await stopping;
  console.log("Stopping Cassandra …");
  await cassandra.stop();
}

run(process.env).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
