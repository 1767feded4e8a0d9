import { Registry } from "prom-client";
import { collectProcessMetrics } from "../../http/process-metrics.ts";

/** A registry that already holds Node's process metrics. */
export function createRegistry(): Registry {
  const register = new Registry();
  collectProcessMetrics(register);
  return register;
}
