import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { percentiles, third } from "../curve-layouts.ts";
import { buildBoard, prometheusVariable, type Row } from "../grafana/board.ts";
import { figures } from "../grafana/panels.ts";
import { mean, orZero, quantile, rate, total } from "../promql.ts";
import { SERIES } from "../selectors.ts";
import { knativeRow } from "./knative-row.ts";
import { localBrokerRow } from "./local-broker-row.ts";
import { processRow } from "./process-row.ts";

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
