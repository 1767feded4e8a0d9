import { problem } from "../../http/problem.ts";
import type { HttpReply } from "../../http/route.ts";

/** What a request without a known token lacks. */
export const TOKEN_EXPECTED = "Expected Authorization: Bearer with a known token";

/** 401 with a challenge (RFC 6750, 3), which says whether the request had a token. */
export function unauthorized(hasToken: boolean, expected = TOKEN_EXPECTED): HttpReply {
  const challenge = hasToken ? 'Bearer realm="pulsemesh", error="invalid_token"' : 'Bearer realm="pulsemesh"';
  return problem(401, "Unauthorized", `${expected}.`, {
    headers: { "www-authenticate": challenge },
  });
}

/** 403 for a known token that is not enough. */
export function forbidden(detail: string): HttpReply {
  return problem(403, "Forbidden", detail);
}
