// pulse-ingest for the stock command, `faas-js-runtime functions/handler.ts`, which uses the runtime's own request path:
// POST / only, one event a request, and the runtime's /metrics.

import { LIVENESS_PATH, READINESS_PATH } from "../http/health.ts";
import { createParts } from "./parts.ts";
import { compose } from "./pulse-ingest/compose.ts";
import { asFaasModule, type FaasContext, type FaasReply } from "./runtime/faas-module.ts";

let hosted: ReturnType<typeof asFaasModule> | undefined;

function started(): ReturnType<typeof asFaasModule> {
  if (hosted === undefined) throw new Error("Expected init() to have been run before the first request");
  return hosted;
}

/** Builds the function from the environment; the runtime calls it before it listens. */
export function init(): void {
  const parts = createParts({ ...process.env, PULSE_FUNCTION: "pulse-ingest" });
  const fn = compose(parts);
  hosted = asFaasModule(fn, parts.log, () => fn.close());
}

export const handle = (context: FaasContext) => started().handle(context);
export const shutdown = () => started().shutdown();
export const liveness = Object.assign((request: unknown, reply: FaasReply) => started().liveness(request, reply), {
  path: LIVENESS_PATH,
});
export const readiness = Object.assign((request: unknown, reply: FaasReply) => started().readiness(request, reply), {
  path: READINESS_PATH,
});
