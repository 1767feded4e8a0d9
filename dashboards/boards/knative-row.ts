import { isRetryable } from "../../events/delivery-rules.ts";
import type { Row } from "../grafana/panel.ts";
import { maxBy, percentiles, perSecondBy } from "../grafana/panel-queries.ts";
import { KNATIVE_SERIES } from "../selectors.ts";

const REVISION = "kn_revision_name";
const RETRIED_4XX = Array.from({ length: 100 }, (_, i) => 400 + i).filter(isRetryable);

/** What Knative reports, on clusters whose Knative exports metrics. */
export const KNATIVE_ROW: Row = {
  title: "Broker and autoscaling on Knative",
  collapsed: true,
  each: { span: 12 },
  panels: {
    Dispatches: {
      description: `Deliveries per second by the subscriber's answer. The broker tries again after 5xx, ${RETRIED_4XX.join(", ")}.`,
      unit: "ops",
      queries: [perSecondBy("http_response_status_code", KNATIVE_SERIES.dispatches)],
    },
    "Latency of dispatch": {
      description: "How long a subscriber takes to answer.",
      unit: "s",
      queries: percentiles(KNATIVE_SERIES.dispatchDuration, { of: [0.5, 0.99] }),
    },
    Pods: {
      description:
        "Pods that the autoscaler wants, that run, and that are starting. More wanted than running for long means that the cluster has no room.",
      queries: [
        maxBy(REVISION, KNATIVE_SERIES.podsDesired, "wanted"),
        maxBy(REVISION, KNATIVE_SERIES.podsCount, "there"),
        maxBy(REVISION, KNATIVE_SERIES.podsPending, "pending"),
      ],
    },
    Concurrency: {
      description: "Requests at one time, averaged over the autoscaler's stable window, and its target.",
      queries: [
        maxBy(REVISION, KNATIVE_SERIES.concurrency),
        maxBy(REVISION, KNATIVE_SERIES.concurrencyTarget, "target"),
      ],
    },
    "Requests that wait for a pod": {
      description: "The activator or the queue-proxy holds them. A cold start shows here.",
      queries: [maxBy(REVISION, KNATIVE_SERIES.requestsQueued)],
    },
    "Panic mode": {
      description: "1 while the autoscaler reacts to a burst and does not scale down.",
      queries: [maxBy(REVISION, KNATIVE_SERIES.panicMode)],
    },
  },
};
