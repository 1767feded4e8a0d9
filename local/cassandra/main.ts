// `make cassandra`: a real Cassandra on this machine, in the foreground, until Ctrl-C.
import { PRIVATE_UMASK } from "../../settings/private-files.ts";
import { forTerminal } from "../../settings/terminal-text.ts";
import { startLocalCassandra } from "./local-cassandra.ts";

async function run(env: NodeJS.ProcessEnv): Promise<void> {
  if (env.PULSE_CASSANDRA_CONTACT_POINTS) {
    console.log(`PULSE_CASSANDRA_CONTACT_POINTS is set (${env.PULSE_CASSANDRA_CONTACT_POINTS}): nothing to start.`);
    return;
  }
  process.umask(PRIVATE_UMASK);
  console.log("Starting Cassandra (10 to 30 s) …");
  const cassandra = await startLocalCassandra(env, (line) => console.log(line));
  // Before the next line: a reader of it may press Ctrl-C at once.
  const stopping = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
  });
  const variables = Object.entries(cassandra.env).map(([name, value]) => `${name}=${value}`);
  console.log(`Cassandra takes connections. In another terminal:
  export ${variables.join(" ")}
  npm run schema -- apply
Ctrl-C stops it; its data stays.`);
  await stopping;
  console.log("Stopping Cassandra …");
  await cassandra.stop();
}

run(process.env).catch((error: unknown) => {
  console.error(forTerminal(error instanceof Error ? error.message : String(error), "\n"));
  process.exit(1);
});
