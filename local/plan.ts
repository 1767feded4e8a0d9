// The processes of the laptop platform. Each runs as its container would; the environment tells them apart.
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { BROKER } from "../events/triggers.ts";
import type { FunctionName } from "../settings/function-settings.ts";
import { type LocalSettings, localSettings } from "../settings/local-settings.ts";
import { BROKER_MALLOC_ENV, BROKER_NODE_FLAGS, MALLOC_ENV, NODE_FLAGS } from "../settings/node-flags.ts";

/** A process that the supervisor keeps running. */
export interface PlannedProcess {
  name: string;
  /** Node's options, and the program. */
  args: string[];
  env: Record<string, string>;
  port: number;
  /** The setting that holds the port. */
  portVariable: string;
  /** Folders: with --watch, a change in one of them restarts the process. */
  sources: string[];
  /** The lowest rank stops first, so that a sender stops before its receiver. */
  stopRank: number;
}

const ROOT = fileURLToPath(new URL("..", import.meta.url));
// The rooms that an entry loads: test/watched-sources.test.ts compares them with its imports.
const FUNCTION_SOURCES = ["events", "functions", "health", "history", "http", "settings", "storage", "tracing"];
const BROKER_SOURCES = ["events", "http", "local/broker", "settings", "tracing"];

/** The settings, without OTLP's port where something else listens there. */
export type PlanSettings = Omit<LocalSettings, "otlpPort"> & { otlpPort: number | undefined };

/** Where everything on a laptop listens, unless PULSE_LISTEN_ADDRESS opens pulse-ingest and pulse-query to more: loopback. */
export const LOCAL_ADDRESS = "localhost";

/** What the plan sets for every function: whatever the environment says of it does not count. */
export const SET_BY_PLAN: NodeJS.ProcessEnv = {
  PULSE_FUNCTION: undefined,
  PORT: undefined,
  K_SINK: undefined,
  PULSE_OTLP_PORT: undefined,
};

/** Where processes keep what Node has compiled, unless the environment names another folder. */
export function compileCacheIn(dataDir: string): string {
  return join(resolve(dataDir), "compile-cache");
}

/** The URLs at which the processes listen. */
export function urlsOf(settings: PlanSettings) {
  return {
    ingest: `http://localhost:${settings.ingestPort}`,
    query: `http://localhost:${settings.queryPort}`,
    persist: `http://localhost:${settings.persistPort}`,
    deadletter: `http://localhost:${settings.deadletterPort}`,
    health: `http://localhost:${settings.healthPort}`,
    broker: `http://localhost:${settings.brokerPort}/${BROKER.namespace}/${BROKER.name}`,
  };
}

/** The broker and the five functions. `storeEnv` has the settings that lead the functions to their store. */
export function planProcesses(
  settings: PlanSettings,
  storeEnv: Record<string, string> = {},
  env: NodeJS.ProcessEnv = {},
): PlannedProcess[] {
  const dataDir = resolve(settings.dataDir);
  const urls = urlsOf(settings);
  // With Node's compile cache a start takes a third of the CPU, and the process is 20 MB smaller.
  const NODE_COMPILE_CACHE = env.NODE_COMPILE_CACHE ?? compileCacheIn(dataDir);
  // Who reaches the others stores pulses without a token: only this machine does.
  const shared = { PULSE_DATA_DIR: dataDir, PULSE_LISTEN_ADDRESS: LOCAL_ADDRESS, NODE_COMPILE_CACHE, ...MALLOC_ENV };
  const open = { PULSE_LISTEN_ADDRESS: settings.listenAddress ?? LOCAL_ADDRESS };
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
  const { ingestPort, queryPort, persistPort, deadletterPort, healthPort, brokerPort } = localSettings;
  return [
    planFunction("pulse-ingest", settings.ingestPort, ingestPort.variable, 0, {
      PULSE_PERSIST_URL: urls.persist,
      // Empty counts as absent, also where the environment has one.
      PULSE_OTLP_PORT: String(settings.otlpPort ?? ""),
      ...open,
    }),
    {
      name: "broker",
      args: [...BROKER_NODE_FLAGS, join(ROOT, "local/broker/main.ts")],
      env: { ...shared, ...BROKER_MALLOC_ENV },
      port: settings.brokerPort,
      portVariable: brokerPort.variable,
      sources: BROKER_SOURCES.map((folder) => join(ROOT, folder)),
      stopRank: 1,
    },
    planFunction("pulse-persist", settings.persistPort, persistPort.variable, 2),
    planFunction("pulse-deadletter", settings.deadletterPort, deadletterPort.variable, 2),
    planFunction("pulse-query", settings.queryPort, queryPort.variable, 2, {
      PULSE_PERSIST_URL: urls.persist,
      PULSE_DEADLETTER_URL: urls.deadletter,
      // Where a proxy stands before pulse-ingest, services reach it elsewhere.
      PULSE_INGEST_URL: env.PULSE_INGEST_URL?.trim() || urls.ingest,
      ...open,
    }),
    // It sends to the broker, too.
    planFunction("pulse-health", settings.healthPort, healthPort.variable, 0),
  ];
}
