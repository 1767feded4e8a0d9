import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import type { BoardOptions } from "../grafana/board.ts";
import { cassandra } from "./cassandra.ts";
import { logs } from "./logs.ts";
import { overview } from "./overview.ts";
import { pipeline } from "./pipeline.ts";
import { service } from "./service.ts";

/** Every dashboard that asks for data, by its file's name. */
export function boards(options: BoardOptions): Record<string, Dashboard> {
  return {
    overview: overview(),
    service: service(options),
    pipeline: pipeline(),
    cassandra: cassandra(),
    logs: logs(),
  };
}
