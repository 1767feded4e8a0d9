import type { Parsed } from "../../events/fault.ts";
import { badRequest } from "../../http/problem.ts";
import type { HttpReply, HttpRequest } from "../../http/route.ts";
import { whileStoreAnswers } from "../store-answers.ts";
import type { GuardedRoute } from "../tokens/guarded-routes.ts";
import type { Grant } from "../tokens/token-file.ts";

/** Reads the query, then asks the store: 400 for a query with faults, 503 while the store does not answer. */
export function answering<T>(
  read: (query: URLSearchParams) => Parsed<T>,
  answer: (query: T, request: HttpRequest, grant: Grant) => HttpReply | Promise<HttpReply>,
): GuardedRoute["handle"] {
  return whileStoreAnswers((request: HttpRequest, grant: Grant) => {
    const query = read(request.query);
    return query.ok ? answer(query.value, request, grant) : badRequest(query.faults);
  });
}
