import { third } from "../curve-layouts.ts";
import type { Row } from "../grafana/board.ts";
import { rate } from "../promql.ts";
import { SERIES } from "../selectors.ts";

const WINDOW = "$__rate_interval";

/** What every process tells of itself. */
export function processRow(): Row {
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
