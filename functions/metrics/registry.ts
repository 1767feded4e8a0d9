import { collectDefaultMetrics, Registry } from "prom-client";

/** A registry that already holds Node's process metrics. */
export function createRegistry(): Registry {
  const register = new Registry();
  collectDefaultMetrics({ register });
  return register;
}
