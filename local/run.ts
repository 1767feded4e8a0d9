// The supervisor's process: settings, start, banner, stop. main.ts has checked that this Node can run it.
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { pino } from "pino";
import { isLoopback } from "../http/listening.ts";
import { cassandraSettings, localCassandraSettings } from "../settings/cassandra-settings.ts";
import { doorSettings } from "../settings/door-settings.ts";
import { functionSettings } from "../settings/function-settings.ts";
import { localSettings } from "../settings/local-settings.ts";
import { makeOwnFolder, PRIVATE_UMASK } from "../settings/private-files.ts";
import { readEach } from "../settings/read.ts";
import type { SettingsOf } from "../settings/setting.ts";
import { findPortFaults } from "../settings/tcp-ports.ts";
import { tracingSettings } from "../settings/tracing-settings.ts";
import { bannerOf } from "./banner.ts";
import { readTriggersFile } from "./broker/triggers-file.ts";
import { lockFolder } from "./lock.ts";
import { createOutput } from "./output.ts";
import { compileCacheIn, LOCAL_ADDRESS, planProcesses, SET_BY_PLAN, urlsOf } from "./plan.ts";
import { STORES, startStore } from "./store.ts";
import { Supervisor } from "./supervisor.ts";

const HELP = `node local/main.ts [--watch] [--store sqlite|cassandra]

Runs PulseMesh on this machine: the broker and every function, each as a process.

  --watch   restart a process when its sources change
  --store   where to keep pulses: sqlite (default), or cassandra, which starts a node on this machine
  --help    print this text

Settings, as environment variables:
${Object.values(localSettings)
  .map(({ variable, fallback, doc }) => `  ${variable.padEnd(30)} ${String(fallback ?? "").padEnd(12)} ${doc}`)
  .join("\n")}
The functions read their settings (PULSE_…) from the same environment.
`;
const { logLevel, shutdownGraceMs } = functionSettings;
const { tokensFile, readTokensFile } = doorSettings;
const runSettings = { ...localSettings, logLevel, shutdownGraceMs, tokensFile, readTokensFile };
type RunSettings = SettingsOf<typeof runSettings>;
/** What the processes read besides: a wrong setting is named once, and before anything has started. */
const READ_BY_PROCESSES = [functionSettings, cassandraSettings, tracingSettings] as const;

/** More than a function's own grace time, so that the function ends before it is killed. */
const STOP_MARGIN_MS = 5000;
const KILLED_BY_USER = 130;

/** Runs the platform until a signal stops it. @returns the exit code */
export async function run(args: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      watch: { type: "boolean" },
      store: { type: "string", default: "sqlite" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const storeName = STORES.find((name) => name === values.store);
  if (storeName === undefined)
    throw new Error(`--store: Expected one of ${STORES.join(", ")}, got ${JSON.stringify(values.store)}`);
  const ofStore = storeName === "cassandra" ? [localCassandraSettings] : [];
  const [settings] = readEach([runSettings, ...READ_BY_PROCESSES, ...ofStore], { ...env, ...SET_BY_PLAN });
  // The broker reads it again: here it is refused before anything has started.
  if (settings.triggersFile !== undefined) readTriggersFile(settings.triggersFile);
  // The processes inherit it: it holds for the compile cache and for Cassandra's files.
  process.umask(PRIVATE_UMASK);
  const release = lockFolder(resolve(settings.dataDir));
  if (env.NODE_COMPILE_CACHE === undefined) makeOwnFolder(compileCacheIn(settings.dataDir));
  try {
    const store = await startStore(storeName, env);
    try {
      return await supervise(settings, store.env, env, values.watch === true);
    } finally {
      await store.stop();
    }
  } finally {
    release();
  }
}

async function supervise(
  ofUser: RunSettings,
  storeEnv: Record<string, string>,
  env: NodeJS.ProcessEnv,
  isWatching: boolean,
): Promise<number> {
  // Others take OTLP's port by default, too, such as a collector. pulse-ingest takes traces at its first port as well.
  const { otlpPort: port } = ofUser;
  const otlp = { name: "OpenTelemetry's exporters", port, portVariable: localSettings.otlpPort.variable };
  const found = await findPortFaults([...planProcesses(ofUser, storeEnv, env), otlp]);
  const [otlpFault] = found.filter((fault) => fault.startsWith(otlp.portVariable));
  const faults = found.filter((fault) => fault !== otlpFault);
  if (faults.length > 0) throw new Error(faults.join("\n"));
  const settings = { ...ofUser, otlpPort: otlpFault === undefined ? port : undefined };
  const plan = planProcesses(settings, storeEnv, env);
  const output = createOutput({ out: process.stdout, error: process.stderr });
  const log = pino(
    { level: settings.logLevel, base: { function: "local", pid: process.pid } },
    { write: (line: string) => output.writeLine(line.trimEnd()) },
  );
  const { listenAddress = LOCAL_ADDRESS } = settings;
  if (!isLoopback(listenAddress)) {
    const may = [...(settings.tokensFile ? [] : ["send"]), ...(settings.readTokensFile ? [] : ["read"])].join(" and ");
    if (may !== "") log.warn({ listenAddress }, `PULSE_LISTEN_ADDRESS: every machine that reaches this one may ${may}`);
  }
  if (otlpFault !== undefined) log.warn(`${otlpFault}; until then traces go to ${urlsOf(settings).ingest} only`);
  const stopGraceMs = settings.shutdownGraceMs + STOP_MARGIN_MS;
  const supervisor = new Supervisor({ plan, output, log, stopGraceMs });
  const end = onEnd(supervisor, () => log.info("stopping; a second signal kills"));
  await Promise.race([supervisor.start(), end.asked]);
  if (!end.isAsked()) {
    process.stdout.write(bannerOf(settings, process.cwd()));
    if (isWatching) supervisor.watch();
  }
  await end.asked;
  await supervisor.stop();
  log.info("stopped");
  return 0;
}

/** The first signal asks the supervisor to stop; a second one kills at once. */
function onEnd(supervisor: Supervisor, onAsked: () => void) {
  let count = 0;
  const asked = new Promise<void>((resolveAsked) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => {
        if (++count === 1) {
          onAsked();
          resolveAsked();
        } else {
          supervisor.kill();
          process.exit(KILLED_BY_USER);
        }
      });
    }
  });
  return { asked, isAsked: () => count > 0 };
}
