// The supervisor's process from settings to banner to the end; main.ts has checked that this Node can run it.
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { pino } from "pino";
import { functionSettings } from "../settings/function-settings.ts";
import { localSettings } from "../settings/local-settings.ts";
import { readSettings } from "../settings/read.ts";
import type { SettingsOf } from "../settings/setting.ts";
import { findPortFaults } from "../settings/tcp-ports.ts";
import { bannerOf } from "./banner.ts";
import { lockFolder } from "./lock.ts";
import { createOutput } from "./output.ts";
import { planProcesses } from "./plan.ts";
import { STORES, startStore } from "./store.ts";
import { Supervisor } from "./supervisor.ts";

const HELP = `node local/main.ts [--watch] [--store sqlite|cassandra]

Runs PulseMesh on this machine: the broker and every function as a process of its own.

  --watch   restart them when their sources change
  --store   where pulses are kept: sqlite (default), or cassandra, for which a node is started here
  --help    this

Settings, as environment variables:
${Object.values(localSettings)
  .map(({ variable, fallback, doc }) => `  ${variable.padEnd(30)} ${String(fallback).padEnd(12)} ${doc}`)
  .join("\n")}
The functions' settings (PULSE_…) are handed on to them.
`;
const { logLevel, shutdownGraceMs } = functionSettings;
const runSettings = { ...localSettings, logLevel, shutdownGraceMs };
type RunSettings = SettingsOf<typeof runSettings>;

/** Beyond a function's own grace time, so that it is the function that decides. */
const STOP_MARGIN_MS = 5000;
const KILLED_BY_USER = 130;

/** Runs the platform until it is told to end. @returns the exit code */
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
  const settings = readSettings(runSettings, env);
  const storeName = STORES.find((name) => name === values.store);
  if (storeName === undefined)
    throw new Error(`--store: Expected one of ${STORES.join(", ")}, got ${JSON.stringify(values.store)}`);
  const lock = lockFolder(resolve(settings.dataDir));
  try {
    const store = await startStore(storeName, env);
    try {
      return await supervise(settings, store.env, values.watch === true);
    } finally {
      await store.stop();
    }
  } finally {
    lock.release();
  }
}

async function supervise(
  settings: RunSettings,
  storeEnv: Record<string, string>,
  isWatching: boolean,
): Promise<number> {
  const plan = planProcesses(settings, storeEnv);
  const faults = await findPortFaults(plan);
  if (faults.length > 0) throw new PortsError(faults.join("\n"));
  const output = createOutput({ out: process.stdout, error: process.stderr });
  const log = pino(
    { level: settings.logLevel, base: { function: "local", pid: process.pid } },
    { write: (line: string) => output.writeLine(line.trimEnd()) },
  );
  const stopGraceMs = settings.shutdownGraceMs + STOP_MARGIN_MS;
  const supervisor = new Supervisor({ plan, output, log, stopGraceMs });
  const end = onEnd(supervisor, () => log.info("stopping; once more kills"));
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

/** Thrown when ports cannot be had; a line for each. */
class PortsError extends Error {
  override readonly name = "PortsError";
}

/** The first signal asks to end; a second one does not wait. */
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
