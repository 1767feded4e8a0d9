// The one place that chooses a store: Cassandra where there are contact points, otherwise SQLite. Only the chosen one is
// loaded.
import { join } from "node:path";
import { DAY_MS } from "../events/time.ts";
import { makeDataFolder } from "../settings/data-folder.ts";
import type { HealthStore } from "../storage/health-ports.ts";
import type { MarkerStore } from "../storage/marker-ports.ts";
import type {
  DeadLetterStore,
  PulseCounter,
  PulseForgetter,
  PulseReader,
  PulseWriter,
  RollupStore,
  StoreLifecycle,
} from "../storage/ports.ts";
import { gaugeCassandraNodes, gaugeClockSkew, gaugeStoreSpace } from "./metrics/gauges.ts";
import { createStoreMetrics } from "./metrics/store-metrics.ts";
import type { Parts } from "./parts.ts";

/** Opens the store of pulses, for writing, reading and forgetting. Its batches and its space are in the metrics. */
export async function openPulseStore({
  settings,
  cassandra,
  registry,
  log,
}: Parts): Promise<
  PulseWriter &
    PulseReader &
    Partial<PulseCounter> &
    PulseForgetter &
    StoreLifecycle & { queuedRows: number; rollups: RollupStore; health: HealthStore; markers: MarkerStore }
> {
  const metrics = createStoreMetrics([registry]);
  const options = {
    retentionMs: settings.retentionDays * DAY_MS,
    historyMs: settings.historyDays * DAY_MS,
    onBatch: ({ rows, durationMs, outcome }: { rows: number; durationMs: number; outcome: string }) => {
      metrics.batchRows.observe(rows);
      metrics.latency.observe(durationMs / 1000);
      if (outcome !== "stored") metrics.errors.inc({ outcome });
    },
  };
  if (cassandra.contactPoints !== undefined) {
    const { openCassandraPulseStore } = await import("../storage/cassandra/pulse-store.ts");
    const store = openCassandraPulseStore({ settings: cassandra, onLine: (line) => log.warn(line), ...options });
    gaugeCassandraNodes([registry], () => store.nodes);
    gaugeClockSkew([registry], () => store.clockSkewSeconds);
    return store;
  }
  makeDataFolder(settings.dataDir);
  const { openSqlitePulseStore } = await import("../storage/sqlite/pulse-store.ts");
  const store = openSqlitePulseStore({
    file: join(settings.dataDir, "pulses.db"),
    maxBytes: settings.storeMaxBytes,
    ...options,
  });
  gaugeStoreSpace([registry], () => store.space);
  return store;
}

/** Opens the store of dead letters. */
export async function openDeadLetterStore({
  settings,
  cassandra,
  log,
}: Parts): Promise<DeadLetterStore & StoreLifecycle> {
  const retentionMs = settings.retentionDays * DAY_MS;
  if (cassandra.contactPoints !== undefined) {
    const { openCassandraDeadLetterStore } = await import("../storage/cassandra/dead-letter-store.ts");
    return openCassandraDeadLetterStore({ settings: cassandra, retentionMs, onLine: (line) => log.warn(line) });
  }
  makeDataFolder(settings.dataDir);
  const { openSqliteDeadLetterStore } = await import("../storage/sqlite/dead-letter-store.ts");
  const file = join(settings.dataDir, "dead-letters.db");
  return openSqliteDeadLetterStore({ file, maxBytes: settings.storeMaxBytes, retentionMs });
}
