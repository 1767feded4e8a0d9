import { DAY_MS } from "../../events/time.ts";
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
  const { settings, registry } = parts;
  const store = await openPulseStore(parts);
  gaugeStoreQueue([registry], () => store.queuedRows);
  const persist = createPersist({
    store,
    metrics: new PersistMetrics([registry]),
    retentionMs: settings.retentionDays * DAY_MS + ON_ITS_WAY_MS,
    maxPulses: settings.maxPulses,
    maxQueuedRows: MAX_QUEUED_ROWS,
  });
  return { ...persist, routes: [...persist.routes, serviceNamesRoute(store)] };
}
