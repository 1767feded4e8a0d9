// Which store it is, is decided here and nowhere else.
import { join } from "node:path";
import type { Registry } from "prom-client";
import type { FunctionSettings } from "../settings/function-settings.ts";
import { openSqliteDeadLetterStore } from "../storage/sqlite-dead-letter-store.ts";
import { openSqlitePulseStore } from "../storage/sqlite-pulse-store.ts";
import { gaugeStoreSpace } from "./gauges.ts";
import { createStoreMetrics } from "./metrics.ts";
import { DAY_MS } from "./parts.ts";

/** The store of pulses, for writing and reading, its batches counted. */
export function openPulseStore(settings: FunctionSettings, registers: Registry[]) {
  const metrics = createStoreMetrics(registers);
  const store = openSqlitePulseStore({
    file: join(settings.dataDir, "pulses.db"),
    maxBytes: settings.storeMaxBytes,
    retentionMs: settings.retentionDays * DAY_MS,
    onBatch: ({ rows, durationMs, outcome }) => {
      metrics.batchRows.observe(rows);
      metrics.latency.observe(durationMs / 1000);
      if (outcome !== "stored") metrics.errors.inc({ outcome });
    },
  });
  gaugeStoreSpace(registers, () => store.space);
  return store;
}

/** The store of dead letters. */
export function openDeadLetterStore(settings: FunctionSettings) {
  return openSqliteDeadLetterStore({
    file: join(settings.dataDir, "dead-letters.db"),
    maxBytes: settings.storeMaxBytes,
    retentionMs: settings.retentionDays * DAY_MS,
  });
}
