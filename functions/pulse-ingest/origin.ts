import type { HttpRequest } from "../../http/route.ts";

/** Who sends, how large the body was, the request's step in a trace, and how long (ms) its sender waits for an answer. */
export type Origin = Pick<HttpRequest, "client" | "span"> & { bodyBytes: number; patienceMs?: number };

export function originOf({ client, span, body }: HttpRequest): Origin {
  return { client, span, bodyBytes: body.length };
}

export const NOBODY: Origin = { client: () => "", bodyBytes: 0 };
