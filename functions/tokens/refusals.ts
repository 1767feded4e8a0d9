import { problem } from "../../http/problem.ts";
import type { HttpReply } from "../../http/route.ts";

/** 401 with a challenge (RFC 6750, 3), which says whether the request had a token. */
export function unauthorized(hasToken: boolean): HttpReply {
  const challenge = hasToken ? 'Bearer realm="pulsemesh", error="invalid_token"' : 'Bearer realm="pulsemesh"';
  return problem(401, "Unauthorized", "Expected Authorization: Bearer with a known token.", {
    headers: { "www-authenticate": challenge },
  });
}

/** 403 for a known token that is not enough. */
export function forbidden(detail: string): HttpReply {
  return problem(403, "Forbidden", detail);
}
