import { DAY_MS } from "../../events/time.ts";
import { History } from "../../history/history.ts";
import { Rolling } from "../../history/roller.ts";
import { logFailure } from "../background-failure.ts";
import { gaugeStoreQueue } from "../metrics/gauges.ts";
import { MAX_QUEUED_ROWS } from "../metrics/limits.ts";
import type { Parts } from "../parts.ts";
import type { PulseFunction } from "../pulse-function.ts";
import { openPulseStore } from "../stores.ts";
import { createPersist } from "./handler.ts";
import { PersistMetrics } from "./persist-metrics.ts";
import { serviceNamesRoute } from "./service-names.ts";

/** Added to the retention, so that persist takes a pulse that was old enough at ingest to expire on its way. */
const ON_ITS_WAY_MS = 60 * 60_000;

/** pulse-persist with its store. */
export async function compose(parts: Parts): Promise<PulseFunction> {
  const { settings, registry, log } = parts;
  const store = await openPulseStore(parts);
  gaugeStoreQueue([registry], () => store.queuedRows);
  const persist = createPersist({
    store,
    metrics: new PersistMetrics([registry]),
    retentionMs: settings.retentionDays * DAY_MS + ON_ITS_WAY_MS,
    maxPulses: settings.maxPulses,
    maxQueuedRows: MAX_QUEUED_ROWS,
  });
  const retentionMs = settings.retentionDays * DAY_MS;
  const now = Date.now;
  // Here, because pulse-persist always runs where pulses come, and pulse-query may be scaled to none.
  const rolling = new Rolling({
    history: new History({ reader: store, rollups: store.rollups, retentionMs, now }),
    reader: store,
    retentionMs,
    now,
    onFailure: logFailure(log, {
      waits: "rolling up the past waits: answers are right without it, and slower",
      failed: "rolling up the past failed",
    }),
  });
  return {
    ...persist,
    routes: [...persist.routes, serviceNamesRoute(store)],
    close: async () => {
      await rolling.stop();
      await persist.close();
    },
  };
}
