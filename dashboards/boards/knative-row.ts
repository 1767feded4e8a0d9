import { half } from "../curve-layouts.ts";
import type { Row } from "../grafana/board.ts";
import { quantile, rate } from "../promql.ts";
import { CLUSTER_SERIES } from "../selectors.ts";

const WINDOW = "$__rate_interval";
const REVISION = "kn_revision_name";

/** What Knative itself tells: its metrics are there on a cluster that has them switched on. */
export function knativeRow(): Row {
  return {
    title: "Broker and autoscaling on Knative",
    collapsed: true,
    panels: [
      half({
        title: "Dispatches",
        description: "Deliveries a second by the subscriber's answer. 5xx, 404, 408, 409 and 429 are tried again.",
        unit: "ops",
        queries: [
          [rate(CLUSTER_SERIES.dispatches, WINDOW, ["http_response_status_code"]), "{{http_response_status_code}}"],
        ],
      }),
      half({
        title: "Latency of dispatch",
        description: "What a subscriber took to answer.",
        unit: "s",
        queries: [
          [quantile(0.5, CLUSTER_SERIES.dispatchDuration, WINDOW), "p50"],
          [quantile(0.99, CLUSTER_SERIES.dispatchDuration, WINDOW), "p99"],
        ],
      }),
      half({
        title: "Pods",
        description:
          "Wanted by the autoscaler, there, and on their way. Wanted above there for long: no room in the cluster.",
        unit: "short",
        queries: [
          [max(CLUSTER_SERIES.podsDesired), "{{kn_revision_name}} wanted"],
          [max(CLUSTER_SERIES.podsCount), "{{kn_revision_name}} there"],
          [max(CLUSTER_SERIES.podsPending), "{{kn_revision_name}} pending"],
        ],
      }),
      half({
        title: "Concurrency",
        description: "Requests at one time over the stable window beside the target that the autoscaler keeps.",
        unit: "short",
        queries: [
          [max(CLUSTER_SERIES.concurrency), "{{kn_revision_name}}"],
          [max(CLUSTER_SERIES.concurrencyTarget), "{{kn_revision_name}} target"],
        ],
      }),
      half({
        title: "Requests that wait for a pod",
        description: "Held by the activator or the queue-proxy; a cold start shows here.",
        unit: "short",
        queries: [[max(CLUSTER_SERIES.requestsQueued), "{{kn_revision_name}}"]],
      }),
      half({
        title: "Panic mode",
        description: "1 while the autoscaler answers a burst and does not scale down.",
        unit: "short",
        queries: [[max(CLUSTER_SERIES.panicMode), "{{kn_revision_name}}"]],
      }),
    ],
  };
}

function max(selector: string): string {
  return `max by (${REVISION}) (${selector})`;
}
