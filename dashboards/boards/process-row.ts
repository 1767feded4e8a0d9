import type { Row } from "../grafana/panel.ts";
import { maxBy, perSecondBy } from "../grafana/panel-queries.ts";
import { count, sum } from "../promql.ts";
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
    "Event loop lag, p99": {
      description: `How late a process runs what is due, since its last scrape. Above ${MAX_STALL_SECONDS * 1000} ms it does too much at a time. Each scrape resets the measurement: with two Prometheus replicas only one of them sees a stall, and a curl of /metrics hides it from both.`,
      unit: "s",
      limits: [MAX_STALL_SECONDS, 1],
      queries: [maxBy("job", SERIES.eventLoopLag)],
    },
  },
};
