// Panels that stand on more than one dashboard, and the words that descriptions share.
import { DELIVERY_BUCKETS, LATENCY_BUCKETS } from "../../functions/metrics/buckets.ts";
import { YOUNG_MS } from "../../functions/metrics/limits.ts";
import { MAX_SERVICE_LABELS } from "../../functions/metrics/names.ts";
import type { Panels } from "../grafana/panel.ts";
import { meanAndP99, percentiles } from "../grafana/panel-queries.ts";
import { THRESHOLDS } from "../rules/thresholds.ts";
import { SERIES } from "../selectors.ts";
import { durationInWords } from "../timing.ts";

/** Ends the description of what shows health. */
export const AS_JUDGED =
  "As pulse-health judges, by the pulses of the last minutes; nothing while it does not judge. Purple is late: silent for too long.";

/** Ends the description of what has services one by one. */
export const UNCOUNTED = `Where there are more than ${MAX_SERVICE_LABELS.toLocaleString("en")} services, those in trouble come first, and some of the others are not in it: the page and the API have them.`;

const YOUNG_IN_WORDS = durationInWords(YOUNG_MS / 1000);
/** Ends the description of what shows the present. */
export const YOUNG_ONLY = `Leaves out pulses that arrived more than ${YOUNG_IN_WORDS} after their time, such as a month that is sent at once.`;

/** Ends the description of quantiles: a histogram cannot say how far a value lies beyond its last bucket. */
export const CAPPED = cappedAt(LATENCY_BUCKETS);
export const DELIVERY_CAPPED = cappedAt(DELIVERY_BUCKETS);

function cappedAt(buckets: readonly number[]): string {
  const last = durationInWords(buckets.at(-1) as number);
  return `A curve at ${last} means ${last} or more.`;
}

export const DELIVERY_LAG: Panels = {
  "Delivery lag": {
    description: `From the broker's acceptance of an event until its pulses are stored. Leaves out events all of whose pulses arrived more than ${YOUNG_IN_WORDS} after their time. ${DELIVERY_CAPPED}`,
    unit: "s",
    limits: [1, THRESHOLDS.lagSeconds],
    queries: percentiles(SERIES.deliveryLag),
  },
};

export const STORE_LATENCY: Panels = {
  "Latency of a batch": {
    description: `Until a batch is on disk (SQLite) or at a quorum of the local data centre (Cassandra). ${CAPPED}`,
    unit: "s",
    limits: [0.25, 2.5],
    queries: percentiles(SERIES.storeLatency),
  },
};

export const BATCH_ROWS: Panels = {
  "Rows in a batch": {
    description: "Grows with the load: rows that wait for the store are stored together, which costs less per row.",
    queries: meanAndP99(SERIES.storeBatch),
  },
};
