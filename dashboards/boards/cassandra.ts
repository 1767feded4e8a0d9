import { MAX_QUEUED_ROWS } from "../../functions/metrics/limits.ts";
import type { Board, Row } from "../grafana/panel.ts";
import { maxBy, perSecond, perSecondBy } from "../grafana/panel-queries.ts";
import { max, min, orZero, part, rate, ratio, sum } from "../promql.ts";
import { THRESHOLDS } from "../rules/thresholds.ts";
import { CASSANDRA_SERIES, SERIES } from "../selectors.ts";
import { RECENT, RECENT_IN_WORDS } from "../timing.ts";
import { BATCH_ROWS, STORE_LATENCY } from "./shared-panels.ts";

const {
  compactions,
  cpu,
  diskFree,
  diskSize,
  dropped,
  hints,
  memory,
  readLatency,
  ready,
  timeouts,
  wanted,
  writeLatency,
} = CASSANDRA_SERIES;
const DISK_FREE = `${diskFree} / ${diskSize}`;
const BATCHES = part(SERIES.storeBatch, "count");

/** Half of PULSE_SEAL_SECONDS, as it is by default. */
const SKEW_LIMIT_SECONDS = 60;

const FUNCTIONS_ROW: Row = {
  title: "What the functions see",
  panels: {
    Nodes: {
      kind: "figures",
      description: "As seen by the function that reaches the fewest. 0 where the store is SQLite.",
      span: 6,
      queries: [
        [orZero(min(SERIES.cassandraNodesUp)), "reached"],
        [orZero(max(SERIES.cassandraNodesDown)), "away"],
      ],
    },
    "Batches that failed": {
      kind: "figures",
      description: `The share of batches that were not stored in the last ${RECENT_IN_WORDS}.`,
      unit: "percentunit",
      span: 6,
      limits: [0.01, THRESHOLDS.storeFailures],
      queries: [[ratio(rate(SERIES.storeErrors, RECENT), rate(BATCHES, RECENT)), "failed"]],
    },
    Rows: {
      kind: "figures",
      description: "Rows per second in all batches.",
      unit: "cps",
      span: 6,
      queries: [[orZero(rate(part(SERIES.storeBatch, "sum"), RECENT)), "rows/s"]],
    },
    "Rows waiting": {
      kind: "figures",
      description: `For the store, in the fullest process of pulse-persist. Beyond ${MAX_QUEUED_ROWS.toLocaleString("en")} the broker gets 429.`,
      span: 6,
      limits: [MAX_QUEUED_ROWS / 5, MAX_QUEUED_ROWS],
      queries: [[orZero(max(SERIES.storeQueue)), "rows"]],
    },
    "Clocks apart": {
      kind: "figures",
      description:
        "The widest difference between the clocks of two processes, each measured against Cassandra's nodes. Summaries are right up to half of PULSE_SEAL_SECONDS (120).",
      unit: "s",
      span: 6,
      limits: [SKEW_LIMIT_SECONDS / 4, SKEW_LIMIT_SECONDS],
      queries: [[`${max(SERIES.clockSkew)} - ${min(SERIES.clockSkew)}`, "apart"]],
    },
    ...STORE_LATENCY,
    Batches: {
      description: "Batches per second, and batches that were not stored by outcome.",
      unit: "ops",
      queries: [[perSecond(BATCHES), "all"], perSecondBy("outcome", SERIES.storeErrors)],
    },
    ...BATCH_ROWS,
  },
};

const NODES_ROW: Row = {
  title: "What the nodes export, where they run the JMX exporter",
  collapsed: true,
  panels: {
    "Latency at the coordinator, p99": {
      description: "Of writes and reads, without the network between function and node.",
      unit: "s",
      queries: [maxBy("pod", writeLatency, "write"), maxBy("pod", readLatency, "read")],
    },
    "Timeouts and dropped messages": {
      description: "A node that is too busy gives up on requests and drops messages that waited too long.",
      unit: "ops",
      queries: [perSecondBy("pod", timeouts, "timeouts"), perSecondBy("pod", dropped, "dropped")],
    },
    "Compactions waiting, hints": {
      description: "Waiting compactions make reads slow. The nodes write hints for a node that is away.",
      queries: [maxBy("pod", compactions, "compactions"), perSecondBy("pod", hints, "hints/s")],
    },
  },
};

const PODS_ROW: Row = {
  title: "The pods, on a cluster",
  collapsed: true,
  panels: {
    Nodes: {
      description: "Pods that are ready, and pods that should be.",
      queries: [
        [sum(ready), "ready"],
        [sum(wanted), "wanted"],
      ],
    },
    Disk: {
      description: "The free share of each volume. A compaction needs room for a copy of the tables that it merges.",
      unit: "percentunit",
      queries: [[min(DISK_FREE, ["persistentvolumeclaim"]), "{{persistentvolumeclaim}}"]],
    },
    "CPU and memory": {
      description: "Cores in use, and GiB of memory.",
      queries: [perSecondBy("pod", cpu, "cores"), [`${max(memory, ["pod"])} / 2^30`, "{{pod}} GiB"]],
    },
  },
};

/** The store: what the functions see of it, and what its nodes and pods report. */
export const CASSANDRA: Board = {
  name: "cassandra",
  title: "Cassandra",
  description:
    "The store as the functions see it, which on a laptop may be SQLite; on a cluster also its pods, and what Cassandra's nodes export where the JMX exporter runs in them.",
  rows: [FUNCTIONS_ROW, NODES_ROW, PODS_ROW],
};
