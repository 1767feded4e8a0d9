import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { buildBoard, prometheusVariable, type Row } from "./board.ts";
import { knativeRow } from "./knative-row.ts";
import { curves, figures, type PanelOptions, type Query } from "./panels.ts";
import { mean, orZero, quantile, rate, total } from "./promql.ts";
import { SERIES } from "./selectors.ts";

const WINDOW = "$__rate_interval";

/** Where do pulses wait, fail or slow down on their way? */
export function pipeline(): Dashboard {
  return buildBoard({
    name: "pipeline",
    title: "Pipeline",
    description:
      "Where pulses wait, fail or slow down between a client's post and the store, in the order of their way.",
    variables: [prometheusVariable()],
    rows: [ingestRow(), persistRow(), deadLetterRow(), processRow(), localBrokerRow(), knativeRow()],
  });
}

function third(options: Omit<PanelOptions, "span">) {
  return curves({ ...options, span: 8 });
}

/** p50, p90 and p99 of a histogram. */
function percentiles(histogram: string): Query[] {
  return [0.5, 0.9, 0.99].map((q): Query => [quantile(q, histogram, WINDOW), `p${q * 100}`]);
}

function ingestRow(): Row {
  return {
    title: "pulse-ingest: from the client to the broker",
    panels: [
      third({
        title: "Accepted and refused",
        description: "Pulses a second that the broker took, and requests a second that were refused, by reason.",
        unit: "cps",
        queries: [
          [orZero(rate(SERIES.accepted, WINDOW)), "accepted pulses"],
          [rate(SERIES.rejected, WINDOW, ["reason"]), "refused requests: {{reason}}"],
        ],
      }),
      third({
        title: "Pulses in an event",
        description: "An idle system sends one; a busy one gathers while it waits, so events grow.",
        unit: "short",
        queries: [
          [mean(SERIES.emitBatch, WINDOW), "mean"],
          [quantile(0.99, SERIES.emitBatch, WINDOW), "p99"],
        ],
      }),
      third({
        title: "Latency of the broker's answer",
        description: "On Knative's default broker this contains pulse-persist, since it answers when that has.",
        unit: "s",
        queries: percentiles(SERIES.emitLatency),
      }),
      third({
        title: "Waiting for the broker",
        description:
          "Events in flight, and pulses that wait for a free slot. A queue that stays means that the broker is the limit; at 50,000 pulses a client gets 429.",
        unit: "short",
        queries: [
          [`sum(${SERIES.emitInFlight})`, "events in flight"],
          [`sum(${SERIES.emitQueue})`, "pulses waiting"],
        ],
      }),
      third({
        title: "Tries that failed",
        description:
          "Tries a second to hand an event over that failed; it is tried up to six times before a client gets 503.",
        unit: "ops",
        queries: [[rate(SERIES.emitErrors, WINDOW, ["reason"]), "{{reason}}"]],
      }),
      third({
        title: "Refusals in the chosen time",
        description: "Requests that were refused, by reason, counted whole.",
        unit: "short",
        queries: [[total(SERIES.rejected, "5m", ["reason"]), "{{reason}} in 5 minutes"]],
      }),
    ],
  };
}

function persistRow(): Row {
  return {
    title: "pulse-persist: from the broker to the store",
    panels: [
      third({
        title: "Stored",
        description: "Pulses a second that the store has, by health.",
        unit: "cps",
        stacked: true,
        queries: [[rate(SERIES.stored, WINDOW, ["health"]), "{{health}}"]],
      }),
      third({
        title: "Rows in a batch",
        description: "Grows with the load, because what waits for the store is stored together.",
        unit: "short",
        queries: [
          [mean(SERIES.storeBatch, WINDOW), "mean"],
          [quantile(0.99, SERIES.storeBatch, WINDOW), "p99"],
        ],
      }),
      third({
        title: "Latency of the store",
        description: "For one batch, until it is safe on disk or at a quorum.",
        unit: "s",
        limits: [0.25, 2.5],
        queries: percentiles(SERIES.storeLatency),
      }),
      third({
        title: "Rows waiting for the store",
        description: "At 50,000 the broker gets 429 and tries again later.",
        unit: "short",
        limits: [10_000, 50_000],
        queries: [[`sum(${SERIES.storeQueue})`, "rows"]],
      }),
      third({
        title: "Batches that failed",
        description:
          "`retry`: the store was away, slow or full, and the broker comes again. `rejected`: the rows were at fault and are dead letters.",
        unit: "ops",
        queries: [[rate(SERIES.storeErrors, WINDOW, ["outcome"]), "{{outcome}}"]],
      }),
      third({
        title: "Delivery lag",
        description: "From the broker's acceptance of an event to its pulses being stored.",
        unit: "s",
        limits: [1, 5],
        queries: percentiles(SERIES.deliveryLag),
      }),
    ],
  };
}

function deadLetterRow(): Row {
  return {
    title: "pulse-deadletter: what could not be delivered",
    panels: [
      figures({
        title: "Dead letters in the chosen time",
        description:
          "Events, by reason: `invalid` ones fail again until they are put right, the others may pass when they are replayed.",
        unit: "short",
        span: 16,
        height: 6,
        decimals: 0,
        queries: [[total(SERIES.deadLetters, "$__range", ["reason"]), "{{reason}}"]],
      }),
      figures({
        title: "Replayed in the chosen time",
        description: "Dead letters that the broker has taken back.",
        unit: "short",
        span: 8,
        height: 6,
        decimals: 0,
        queries: [[orZero(total(SERIES.deadLettersReplayed, "$__range")), "events"]],
      }),
    ],
  };
}

function processRow(): Row {
  return {
    title: "Processes",
    panels: [
      third({
        title: "Running",
        description:
          "Processes of each function that are there and answer the scrape. A function without load may have none.",
        unit: "short",
        queries: [[`sum by (job) (${SERIES.up})`, "{{job}}"]],
      }),
      third({
        title: "Cold starts",
        description:
          "Processes that are younger than five minutes: functions that came from zero or grew, and those that died.",
        unit: "short",
        queries: [
          [
            `count by (job) (time() - ${SERIES.processStart} < 300) or 0 * count by (job) (${SERIES.processStart})`,
            "{{job}}",
          ],
        ],
      }),
      third({
        title: "Time a start takes",
        description:
          "From a process's start until it listens: what the first request waits for, besides the pod's own start.",
        unit: "s",
        queries: [[`max by (job) (${SERIES.startSeconds})`, "{{job}}"]],
      }),
      third({
        title: "CPU",
        description: "Cores in use. One process cannot use more than one for its own code.",
        unit: "short",
        queries: [[rate(SERIES.processCpu, WINDOW, ["job"]), "{{job}}"]],
      }),
      third({
        title: "Memory",
        description: "Resident memory of the largest process of each function.",
        unit: "bytes",
        queries: [[`max by (job) (${SERIES.processMemory})`, "{{job}}"]],
      }),
      third({
        title: "Event loop lag, p99",
        description: "How late a process comes to what is due. Above 100 ms it does too much by itself.",
        unit: "s",
        limits: [0.1, 1],
        queries: [[`max by (job) (${SERIES.eventLoopLag})`, "{{job}}"]],
      }),
    ],
  };
}

function localBrokerRow(): Row {
  return {
    title: "Broker on a laptop",
    collapsed: true,
    panels: [
      third({
        title: "Deliveries",
        description: "Deliveries a second by what became of them; retried ones are on their way again.",
        unit: "ops",
        queries: [
          [rate(SERIES.brokerDeliveries, WINDOW, ["outcome"]), "{{outcome}}"],
          [orZero(rate(SERIES.brokerRetried, WINDOW)), "retries in all"],
        ],
      }),
      third({
        title: "Waiting and in flight",
        description: "Deliveries that were not made yet, and those that wait for their answer.",
        unit: "short",
        queries: [
          [`sum by (trigger, sink) (${SERIES.brokerPending})`, "{{trigger}} {{sink}} waiting"],
          [`sum by (trigger, sink) (${SERIES.brokerInFlight})`, "{{trigger}} {{sink}} in flight"],
        ],
      }),
      third({
        title: "Latency of dispatch",
        description: "From a delivery's request to its answer.",
        unit: "s",
        queries: percentiles(SERIES.brokerDeliverySeconds),
      }),
      third({
        title: "Events at the door",
        description: "Events a second, by what became of them.",
        unit: "ops",
        queries: [[rate(SERIES.brokerEvents, WINDOW, ["outcome"]), "{{outcome}}"]],
      }),
      third({
        title: "Latency of the disk",
        description: "For one transaction of the broker's journal; every answer waits for one.",
        unit: "s",
        queries: percentiles(SERIES.brokerCommitSeconds),
      }),
      third({
        title: "Room",
        description: "Bytes left of the broker's and of the store's quota or disk.",
        unit: "bytes",
        queries: [
          [`min(${SERIES.brokerFreeBytes})`, "broker"],
          [`min(${SERIES.storeFreeBytes})`, "store: free"],
          [`max(${SERIES.storeUsedBytes})`, "store: used"],
        ],
      }),
    ],
  };
}
