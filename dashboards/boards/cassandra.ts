import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { percentiles, third } from "../curve-layouts.ts";
import { buildBoard, prometheusVariable } from "../grafana/board.ts";
import { figures } from "../grafana/panels.ts";
import { orZero, part, quantile, rate, ratio, sum } from "../promql.ts";
import { CLUSTER_SERIES, SERIES } from "../selectors.ts";

const WINDOW = "$__rate_interval";

/** The store: what the functions see of it, and what its nodes say of themselves. */
export function cassandra(): Dashboard {
  return buildBoard({
    name: "cassandra",
    title: "Cassandra",
    description:
      "The store as the functions see it (SQLite too, on a laptop); its pods on a cluster; what Cassandra's nodes export of themselves where the JMX exporter runs in them.",
    variables: [prometheusVariable()],
    rows: [
      {
        title: "What the functions see",
        panels: [
          figures({
            title: "Nodes",
            description: "As the worst-off function sees them. 0 where the store is SQLite.",
            unit: "short",
            span: 6,
            queries: [
              [orZero(`min(${SERIES.cassandraNodesUp})`), "reached"],
              [orZero(`max(${SERIES.cassandraNodesDown})`), "away"],
            ],
          }),
          figures({
            title: "Batches that failed",
            description: "The share of batches of the last five minutes that were not stored.",
            unit: "percentunit",
            span: 6,
            limits: [0.01, 0.05],
            queries: [[ratio(rate(SERIES.storeErrors, "5m"), rate(part(SERIES.storeBatch, "count"), "5m")), "failed"]],
          }),
          figures({
            title: "Rows",
            description: "Rows a second that went into batches, by what the batches hold.",
            unit: "cps",
            span: 6,
            queries: [[orZero(rate(part(SERIES.storeBatch, "sum"), "5m")), "rows/s"]],
          }),
          figures({
            title: "Rows waiting",
            description: "In pulse-persist, for the store. At 50,000 the broker gets 429.",
            unit: "short",
            span: 6,
            limits: [10_000, 50_000],
            queries: [[orZero(`sum(${SERIES.storeQueue})`), "rows"]],
          }),
          third({
            title: "Latency of a batch",
            description: "Until a quorum of the local data centre has it.",
            unit: "s",
            limits: [0.25, 2.5],
            queries: percentiles(SERIES.storeLatency),
          }),
          third({
            title: "Batches",
            description: "Batches a second, and those that were not stored, by outcome.",
            unit: "ops",
            queries: [
              [rate(part(SERIES.storeBatch, "count"), WINDOW), "all"],
              [rate(SERIES.storeErrors, WINDOW, ["outcome"]), "{{outcome}}"],
            ],
          }),
          third({
            title: "Rows in a batch",
            description: "Batches of 50 cost Cassandra a third of what single rows do.",
            unit: "short",
            queries: [
              [quantile(0.5, SERIES.storeBatch, WINDOW), "p50"],
              [quantile(0.99, SERIES.storeBatch, WINDOW), "p99"],
            ],
          }),
        ],
      },
      {
        title: "What its nodes export: where they run the JMX exporter",
        collapsed: true,
        panels: [
          third({
            title: "Latency at the coordinator, p99",
            description: "Of writes and reads, without the way to the function.",
            unit: "s",
            queries: [
              [byPod("max", CLUSTER_SERIES.cassandraWriteLatency), "{{pod}} write"],
              [byPod("max", CLUSTER_SERIES.cassandraReadLatency), "{{pod}} read"],
            ],
          }),
          third({
            title: "Timeouts and dropped messages",
            description: "A node that is too busy gives up on requests and drops what is stale.",
            unit: "ops",
            queries: [
              [rate(CLUSTER_SERIES.cassandraTimeouts, WINDOW, ["pod"]), "{{pod}} timeouts"],
              [rate(CLUSTER_SERIES.cassandraDropped, WINDOW, ["pod"]), "{{pod}} dropped"],
            ],
          }),
          third({
            title: "Compactions waiting, hints",
            description: "Compactions that pile up make reads slow. Hints are written for a node that is away.",
            unit: "short",
            queries: [
              [byPod("max", CLUSTER_SERIES.cassandraCompactions), "{{pod}} compactions"],
              [rate(CLUSTER_SERIES.cassandraHints, WINDOW, ["pod"]), "{{pod}} hints/s"],
            ],
          }),
        ],
      },
      {
        title: "Its pods, on a cluster",
        collapsed: true,
        panels: [
          third({
            title: "Nodes",
            description: "Pods that are ready beside those that should be.",
            unit: "short",
            queries: [
              [sum(CLUSTER_SERIES.cassandraReady), "ready"],
              [sum(CLUSTER_SERIES.cassandraWanted), "wanted"],
            ],
          }),
          third({
            title: "Disk",
            description: "The share of each volume that is free. Compaction wants half of what its tables take.",
            unit: "percentunit",
            queries: [
              [
                `min by (persistentvolumeclaim) (${CLUSTER_SERIES.cassandraDiskFree} / ${CLUSTER_SERIES.cassandraDiskSize})`,
                "{{persistentvolumeclaim}}",
              ],
            ],
          }),
          third({
            title: "CPU and memory",
            description: "Cores in use, and GiB of memory.",
            unit: "short",
            queries: [
              [rate(CLUSTER_SERIES.cassandraCpu, WINDOW, ["pod"]), "{{pod}} cores"],
              [`${byPod("max", CLUSTER_SERIES.cassandraMemory)} / 2^30`, "{{pod}} GiB"],
            ],
          }),
        ],
      },
    ],
  });
}

function byPod(operator: "max" | "min", selector: string): string {
  return `${operator} by (pod) (${selector})`;
}
