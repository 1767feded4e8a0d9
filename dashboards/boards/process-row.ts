import { LAG_BUCKETS } from "../../http/process-metrics.ts";
import type { Row } from "../grafana/panel.ts";
import { maxBy, percentiles, perSecondBy, WINDOW } from "../grafana/panel-queries.ts";
import { count, quantile, sum } from "../promql.ts";
import { SERIES } from "../selectors.ts";
import { RECENT_IN_WORDS, RECENT_SECONDS } from "../timing.ts";

const MAX_STALL_SECONDS = 0.1;
const JOB = ["job"];

/** What every process tells of itself. */
export const PROCESS_ROW: Row = {
  title: "Processes",
  panels: {
    Running: {
      description: "Processes of each function that answer the scrape. A function without load may have none.",
      queries: [[sum(SERIES.up, JOB), "{{job}}"]],
    },
    "Cold starts": {
      description: `Processes younger than ${RECENT_IN_WORDS}: the function came from zero, grew, or crashed.`,
      queries: [
        [
          `${count(`time() - ${SERIES.processStart} < ${RECENT_SECONDS}`, JOB)} or 0 * ${count(SERIES.processStart, JOB)}`,
          "{{job}}",
        ],
      ],
    },
    "Time a start takes": {
      description:
        "From a process's start until it listens. A first request waits this long, and for the pod to start before.",
      unit: "s",
      queries: [maxBy("job", SERIES.startSeconds)],
    },
    CPU: {
      description: "Cores in use. A process runs its JavaScript on one core.",
      queries: [perSecondBy("job", SERIES.processCpu)],
    },
    Memory: {
      description: "Resident memory of the largest process of each function.",
      unit: "bytes",
      queries: [maxBy("job", SERIES.processMemory)],
    },
    "Event loop lag": {
      description: `How late the processes of each function run what is due: one time in a hundred, and at worst. Above ${MAX_STALL_SECONDS * 1000} ms a process does too much at a time. Estimated from buckets: the worst is at most what its curve says, and a curve at ${LAG_BUCKETS.at(-1)} s means that or more.`,
      unit: "s",
      limits: [MAX_STALL_SECONDS, 1],
      queries: [
        ...percentiles(SERIES.eventLoopLag, { of: [0.99], by: JOB }),
        [quantile(1, SERIES.eventLoopLag, WINDOW, JOB), "{{job}} worst"],
      ],
    },
  },
};
