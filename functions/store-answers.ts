import { tryLater } from "../http/problem.ts";
import type { HttpReply, HttpRequest } from "../http/route.ts";
import { StoreError } from "../storage/store-error.ts";

/**
 * A handler that answers 503 with the reason when its store is away or busy; the error is in the refusal's line of the log, of which
 * there are ten a second. A defect goes on: the server answers 500.
 */
export function whileStoreAnswers<More extends unknown[]>(
  handle: (request: HttpRequest, ...more: More) => HttpReply | Promise<HttpReply>,
): (request: HttpRequest, ...more: More) => Promise<HttpReply> {
  return async (request, ...more) => {
    try {
      return await handle(request, ...more);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return { ...tryLater(503, `The store did not answer: ${error.message}`, 1000), trail: { err: error } };
    }
  };
}
