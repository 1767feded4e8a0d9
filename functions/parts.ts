import type { Registry } from "prom-client";
import type { Tracing } from "../http/tracing.ts";
import { type CassandraSettings, cassandraSettings } from "../settings/cassandra-settings.ts";
import { type FunctionSettings, functionSettings } from "../settings/function-settings.ts";
import { readEach, SettingsError } from "../settings/read.ts";
import { tracingSettings } from "../settings/tracing-settings.ts";
import { openTracing } from "../tracing/open.ts";
import { openBrokerToken } from "./broker-token.ts";
import { createLogger, type Logger } from "./log.ts";
import { createRegistry } from "./metrics/registry.ts";
import type { PulseFunction } from "./pulse-function.ts";
import { type Doors, openDoors } from "./tokens/doors.ts";

/** What every function is made from. */
export interface Parts {
  settings: FunctionSettings;
  cassandra: CassandraSettings;
  registry: Registry;
  doors: Doors;
  tracing: Tracing | undefined;
  log: Logger;
}

/** Builds a function. Only the functions' compose.ts make adapters and hand them over. */
export type Compose = (parts: Parts) => PulseFunction | Promise<PulseFunction>;

/** Reads the environment. Lines go to `ownLog`, or to the standard output. @throws {SettingsError} that names every wrong variable. */
export async function createParts(env: NodeJS.ProcessEnv, ownLog?: Logger): Promise<Parts> {
  const [settings, cassandra, ofTracing] = readEach([functionSettings, cassandraSettings, tracingSettings], env);
  const log = ownLog ?? createLogger(settings.logLevel, settings.function);
  const doors = openDoors(settings, log);
  const tracing = await openTracing(ofTracing, settings.function, log);
  return { settings, cassandra, registry: createRegistry(), doors, tracing, log };
}

/** What is sent to the broker as `authorization`, where the settings name a token. */
export function brokerAuthorization({ sinkTokenFile }: FunctionSettings, log: Logger): (() => string) | undefined {
  return sinkTokenFile === undefined ? undefined : openBrokerToken(sinkTokenFile, log);
}

/** The broker's URL. @throws {SettingsError} when K_SINK is not set. */
export function requireBrokerUrl(settings: FunctionSettings): URL {
  if (settings.sink !== undefined) return settings.sink;
  throw new SettingsError(
    "K_SINK: Expected the broker's URL, such as http://localhost:8090/default/pulsemesh, got nothing: set it, or bind the function with a SinkBinding",
  );
}
