// The composition root: the only place that builds adapters and hands them to the functions. Each function's parts are
// imported when it is composed, so that a process loads no more than it needs.
import { join } from "node:path";
import type { Registry } from "prom-client";
import { type FunctionSettings, functionSettings } from "../settings/function-settings.ts";
import { readSettings, SettingsError } from "../settings/setting.ts";
import type { PulseFunction } from "./http.ts";
import { createLogger, type Logger } from "./log.ts";
import { createRegistry, createStoreMetrics, gaugeStoreQueue, RequestMetrics } from "./metrics.ts";

export interface Composition {
  fn: PulseFunction;
  settings: FunctionSettings;
  registry: Registry;
  requestMetrics: RequestMetrics;
  log: Logger;
}

const DAY_MS = 86_400_000;
/** Rows that may wait for the store in pulse-persist: at ~500 bytes each, 25 MB. */
const MAX_QUEUED_ROWS = 50_000;

/** Builds the function that the environment names. @throws {SettingsError} naming what is wrong in the environment. */
export async function compose(env: NodeJS.ProcessEnv): Promise<Composition> {
  const settings = readSettings(functionSettings, env);
  const log = createLogger(settings.logLevel, settings.function);
  const registry = createRegistry();
  const requestMetrics = new RequestMetrics([registry], settings.function);
  const fn = await build(settings, registry, log);
  return { fn, settings, registry, requestMetrics, log };
}

async function build(settings: FunctionSettings, registry: Registry, log: Logger): Promise<PulseFunction> {
  switch (settings.function) {
    case "pulse-ingest":
      return buildIngest(settings, registry, log);
    case "pulse-persist":
      return buildPersist(settings, registry);
    case "pulse-query":
      return buildQuery(settings, registry, log);
    case "pulse-deadletter":
      return buildDeadLetter(settings, registry, log);
  }
}

async function buildIngest(settings: FunctionSettings, registry: Registry, log: Logger): Promise<PulseFunction> {
  const { Emitter } = await import("./pulse-ingest/emitter.ts");
  const { createIngest } = await import("./pulse-ingest/handler.ts");
  const { createIngestMetrics } = await import("./pulse-ingest/ingest-metrics.ts");
  const { openTokens } = await import("./pulse-ingest/tokens.ts");
  const { openSink } = await import("./sink.ts");
  const { uuidV7 } = await import("./uuid-v7.ts");
  const metrics = createIngestMetrics([registry]);
  const sink = openSink({
    url: requireSink(settings),
    connections: settings.emitMaxInFlight,
    deadlineMs: settings.emitDeadlineMs,
    onAnswer: (seconds) => metrics.emitLatency.observe(seconds),
    onError: (reason) => metrics.emitErrors.inc({ reason }),
    log,
  });
  return createIngest({
    emitter: new Emitter({
      ...settings,
      maxInFlight: settings.emitMaxInFlight,
      send: sink.send,
      newId: uuidV7,
      metrics,
    }),
    metrics,
    tokens: settings.tokensFile === undefined ? undefined : openTokens(settings.tokensFile, log),
    retentionMs: settings.retentionDays * DAY_MS,
    maxPulses: settings.maxPulses,
    closeSink: sink.close,
  });
}

async function buildPersist(settings: FunctionSettings, registry: Registry): Promise<PulseFunction> {
  const { createPersist } = await import("./pulse-persist/handler.ts");
  const { PersistMetrics } = await import("./pulse-persist/persist-metrics.ts");
  const store = await openPulseStore(settings, registry);
  gaugeStoreQueue([registry], () => store.queuedRows);
  return createPersist({
    store,
    metrics: new PersistMetrics([registry]),
    retentionMs: settings.retentionDays * DAY_MS,
    maxPulses: settings.maxPulses,
    maxQueuedRows: MAX_QUEUED_ROWS,
  });
}

async function buildQuery(settings: FunctionSettings, registry: Registry, log: Logger): Promise<PulseFunction> {
  const { createQuery } = await import("./pulse-query/handler.ts");
  return createQuery({
    store: await openPulseStore(settings, registry),
    retentionMs: settings.retentionDays * DAY_MS,
    log,
  });
}

async function buildDeadLetter(settings: FunctionSettings, registry: Registry, log: Logger): Promise<PulseFunction> {
  const { createDeadLetter } = await import("./pulse-deadletter/handler.ts");
  const { createDeadLetterMetrics } = await import("./pulse-deadletter/dead-letter-metrics.ts");
  const { openSink } = await import("./sink.ts");
  const { openSqliteDeadLetterStore } = await import("../storage/sqlite-dead-letter-store.ts");
  return createDeadLetter({
    store: openSqliteDeadLetterStore({
      file: join(settings.dataDir, "dead-letters.db"),
      maxBytes: settings.storeMaxBytes,
      retentionMs: settings.retentionDays * DAY_MS,
    }),
    sink: openSink({ url: requireSink(settings), connections: 4, deadlineMs: settings.emitDeadlineMs, log }),
    metrics: createDeadLetterMetrics([registry]),
  });
}

async function openPulseStore(settings: FunctionSettings, registry: Registry) {
  const { openSqlitePulseStore } = await import("../storage/sqlite-pulse-store.ts");
  const metrics = createStoreMetrics([registry]);
  return openSqlitePulseStore({
    file: join(settings.dataDir, "pulses.db"),
    maxBytes: settings.storeMaxBytes,
    retentionMs: settings.retentionDays * DAY_MS,
    onBatch: ({ rows, durationMs, outcome }) => {
      metrics.batchRows.observe(rows);
      metrics.latency.observe(durationMs / 1000);
      if (outcome !== "stored") metrics.errors.inc({ outcome });
    },
  });
}

function requireSink(settings: FunctionSettings): URL {
  if (settings.sink !== undefined) return settings.sink;
  throw new SettingsError(
    "K_SINK: Expected the broker's URL, such as http://localhost:8090/default/pulsemesh, got nothing: set it, or bind the function with a SinkBinding",
  );
}
