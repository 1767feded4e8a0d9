import { tryLater } from "../http/problem.ts";
import type { Route } from "../http/route.ts";

/** A handler that answers 503 with the reason, and logs the error, when its store is away or busy. */
export function whileStoreAnswers(handle: Route["handle"]): Route["handle"] {
  return async (request) => {
    try {
      return await handle(request);
    } catch (error) {
      request.log.error({ err: error }, "the store did not answer");
      return tryLater(503, `The store did not answer: ${error instanceof Error ? error.message : error}`, 1000);
    }
  };
}
