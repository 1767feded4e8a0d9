import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { buildBoard } from "../grafana/build-board.ts";
import type { Timing } from "../timing.ts";
import { CASSANDRA } from "./cassandra.ts";
import { LOGS } from "./logs.ts";
import { OVERVIEW } from "./overview.ts";
import { PIPELINE } from "./pipeline.ts";
import { service } from "./service.ts";

/** Every dashboard that asks for data, by the name of its file. */
export function boards(timing: Timing): Record<"overview" | "service" | "pipeline" | "cassandra" | "logs", Dashboard> {
  return {
    overview: buildBoard(OVERVIEW),
    service: buildBoard(service(timing)),
    pipeline: buildBoard(PIPELINE),
    cassandra: buildBoard(CASSANDRA),
    logs: buildBoard(LOGS),
  };
}
