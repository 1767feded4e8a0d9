import { MAX_QUEUED_ROWS } from "../../functions/metrics/limits.ts";
import { functionSettings } from "../../settings/function-settings.ts";
import type { Board, Row } from "../grafana/panel.ts";
import { meanAndP99, percentiles, perSecond, perSecondBy, RANGE } from "../grafana/panel-queries.ts";
import { max, orZero, sum, total } from "../promql.ts";
import { SERIES } from "../selectors.ts";
import { RECENT, RECENT_IN_WORDS } from "../timing.ts";
import { KNATIVE_ROW } from "./knative-row.ts";
import { LOCAL_BROKER_ROW } from "./local-broker-row.ts";
import { PROCESS_ROW } from "./process-row.ts";
import { BATCH_ROWS, DELIVERY_CAPPED, DELIVERY_LAG, STORE_LATENCY } from "./shared-panels.ts";

const { bufferMaxPulses, emitDeadlineMs } = functionSettings;

const INGEST_ROW: Row = {
  title: "pulse-ingest: from the client to the broker",
  panels: {
    "Accepted and refused": {
      description: "Pulses per second that the broker takes, and refused requests per second by reason.",
      unit: "cps",
      queries: [
        [orZero(perSecond(SERIES.accepted)), "accepted pulses"],
        [perSecond(SERIES.rejected, ["reason"]), "refused requests: {{reason}}"],
      ],
    },
    "Pulses in an event": {
      description:
        "Grows with the load: pulses that arrive while an event is in flight leave together in the next one.",
      queries: meanAndP99(SERIES.emitBatch),
    },
    "Latency of the broker's answer": {
      description: `Knative's default broker answers after pulse-persist, so its latency includes the store's. ${DELIVERY_CAPPED}`,
      unit: "s",
      queries: percentiles(SERIES.emitLatency),
    },
    "Waiting for the broker": {
      description: `Events in flight, and pulses that wait for one to return in the fullest process. A queue that stays means that the broker is the limit. Beyond ${bufferMaxPulses.variable} (${bufferMaxPulses.fallback.toLocaleString("en")} by default) clients get 429.`,
      queries: [
        [sum(SERIES.emitInFlight), "events in flight"],
        [max(SERIES.emitQueue), "pulses waiting"],
      ],
    },
    "Tries that failed": {
      description: `Failed tries per second to hand an event to the broker. pulse-ingest tries several times, for at most ${emitDeadlineMs.variable} (${emitDeadlineMs.fallback / 1000} s by default), before the client gets 503.`,
      unit: "ops",
      queries: [perSecondBy("reason", SERIES.emitErrors)],
    },
    Refusals: {
      description: `Requests refused within ${RECENT_IN_WORDS} by reason, counted whole.`,
      queries: [[total(SERIES.rejected, RECENT, ["reason"]), `{{reason}} in ${RECENT_IN_WORDS}`]],
    },
  },
};

const PERSIST_ROW: Row = {
  title: "pulse-persist: from the broker to the store",
  panels: {
    Stored: {
      description: "Stored pulses per second by health. Old pulses are in it.",
      unit: "cps",
      stacked: true,
      queries: [perSecondBy("health", SERIES.stored)],
    },
    ...BATCH_ROWS,
    ...STORE_LATENCY,
    "Rows waiting for the store": {
      description: `In the fullest process. Beyond ${MAX_QUEUED_ROWS.toLocaleString("en")} the broker gets 429 and delivers again later.`,
      limits: [MAX_QUEUED_ROWS / 5, MAX_QUEUED_ROWS],
      queries: [[max(SERIES.storeQueue), "rows"]],
    },
    "Batches that failed": {
      description:
        "`retry`: the store was away, slow or full, and the broker delivers again. `rejected`: the rows were at fault and become dead letters. `defect`: PulseMesh was at fault; its log says more, and the broker delivers again.",
      unit: "ops",
      queries: [perSecondBy("outcome", SERIES.storeErrors)],
    },
    ...DELIVERY_LAG,
  },
};

const DEAD_LETTER_ROW: Row = {
  title: "pulse-deadletter: what could not be delivered",
  panels: {
    "Dead letters in the chosen time": {
      kind: "figures",
      description:
        "Events by reason. `invalid` ones fail again until someone corrects them. The others may pass a replay.",
      span: 16,
      height: 6,
      decimals: 0,
      queries: [[total(SERIES.deadLetters, RANGE, ["reason"]), "{{reason}}"]],
    },
    "Replayed in the chosen time": {
      kind: "figures",
      description: "Dead letters that the broker took back.",
      height: 6,
      decimals: 0,
      queries: [[orZero(total(SERIES.deadLettersReplayed, RANGE)), "events"]],
    },
  },
};

/** Where pulses wait, fail or slow down on their way. */
export const PIPELINE: Board = {
  name: "pipeline",
  title: "Pipeline",
  description: "Where pulses wait, fail or slow down between a client's post and the store, in the order of their way.",
  rows: [INGEST_ROW, PERSIST_ROW, DEAD_LETTER_ROW, PROCESS_ROW, LOCAL_BROKER_ROW, KNATIVE_ROW],
};
