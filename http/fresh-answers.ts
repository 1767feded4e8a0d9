// What the functions that read from a store and show it have in common.
import { type HttpReply, json, type Route, tryLater } from "./reply.ts";

/** An answer in JSON that is true at this moment only: nothing on the way may keep it. */
export function freshJson(status: number, value: unknown): HttpReply {
  const reply = json(status, value);
  return { ...reply, headers: { ...reply.headers, "cache-control": "no-store", "x-content-type-options": "nosniff" } };
}

/** A store that is away or busy makes reading fail: that is 503 and a line in the log. */
export function whileStoreAnswers(handle: Route["handle"]): Route["handle"] {
  return async (request) => {
    try {
      return await handle(request);
    } catch (error) {
      request.log.error({ err: error }, "the store did not answer");
      return tryLater(503, "The store did not answer.", 1000);
    }
  };
}
