// Which processes the laptop platform is made of: each exactly as its container would run, told apart by environment.
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { BROKER } from "../events/triggers.ts";
import type { FunctionName } from "../settings/function-settings.ts";
import { type LocalSettings, localSettings } from "../settings/local-settings.ts";
import { NODE_FLAGS } from "../settings/node-flags.ts";

/** A process to be kept running. */
export interface PlannedProcess {
  name: string;
  /** Of Node: its options and the program. */
  args: string[];
  env: Record<string, string>;
  port: number;
  /** The setting that holds the port. */
  portVariable: string;
  /** Folders or files; a change in one of them restarts it under --watch. */
  sources: string[];
  /** Those with the lowest are stopped first: whoever sends, before whoever takes. */
  stopRank: number;
}

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const FUNCTION_SOURCES = ["events", "functions", "http", "settings", "storage"];
const BROKER_SOURCES = ["events", "http", "local/broker", "settings"];
/** MB. Node would let the young generation grow to 128 MB under load, for garbage that lives for milliseconds. */
const BROKER_SEMI_SPACE = 16;

/** Where the processes of these settings can be reached. */
export function urlsOf(settings: LocalSettings) {
  return {
    ingest: `http://localhost:${settings.ingestPort}`,
    query: `http://localhost:${settings.queryPort}`,
    persist: `http://localhost:${settings.persistPort}`,
    deadletter: `http://localhost:${settings.deadletterPort}`,
    broker: `http://localhost:${settings.brokerPort}/${BROKER.namespace}/${BROKER.name}`,
  };
}

/** The broker and the four functions; `storeEnv` tells them of a store that was started for them. */
export function planProcesses(settings: LocalSettings, storeEnv: Record<string, string> = {}): PlannedProcess[] {
  const dataDir = resolve(settings.dataDir);
  const urls = urlsOf(settings);
  // Keeps what Node makes of the sources: a start is sooner, and 20 MB smaller since nothing has to be made again.
  const shared = { PULSE_DATA_DIR: dataDir, NODE_COMPILE_CACHE: join(dataDir, "compile-cache") };
  const planFunction = (
    name: FunctionName,
    port: number,
    portVariable: string,
    stopRank: number,
    own: Record<string, string> = {},
  ): PlannedProcess => ({
    name,
    args: [...NODE_FLAGS[name], join(ROOT, "functions/main.ts")],
    env: { PULSE_FUNCTION: name, PORT: String(port), K_SINK: urls.broker, ...shared, ...storeEnv, ...own },
    port,
    portVariable,
    sources: FUNCTION_SOURCES.map((folder) => join(ROOT, folder)),
    stopRank,
  });
  const { ingestPort, queryPort, persistPort, deadletterPort, brokerPort } = localSettings;
  return [
    planFunction("pulse-ingest", settings.ingestPort, ingestPort.variable, 0),
    {
      name: "broker",
      args: [`--max-semi-space-size=${BROKER_SEMI_SPACE}`, join(ROOT, "local/broker/main.ts")],
      env: shared,
      port: settings.brokerPort,
      portVariable: brokerPort.variable,
      sources: BROKER_SOURCES.map((folder) => join(ROOT, folder)),
      stopRank: 1,
    },
    planFunction("pulse-persist", settings.persistPort, persistPort.variable, 2),
    planFunction("pulse-deadletter", settings.deadletterPort, deadletterPort.variable, 2),
    planFunction("pulse-query", settings.queryPort, queryPort.variable, 2, {
      PULSE_DEADLETTER_URL: urls.deadletter,
      PULSE_INGEST_URL: urls.ingest,
    }),
  ];
}
