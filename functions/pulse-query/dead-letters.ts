// The way to pulse-deadletter for the page and for whoever reads here. It stays the one that lists, replays and counts:
// this passes a fixed set of requests on, under the page's own origin.

import { problem, tryLater } from "../../http/problem.ts";
import type { HttpReply, HttpRequest, Route } from "../../http/route.ts";

export interface DeadLetterWayOptions {
  /** Where pulse-deadletter is; absent: nowhere. */
  url: URL | undefined;
  /** For the whole of a request; pulse-deadletter may have to start first. */
  timeoutMs?: number;
}

const TIMEOUT_MS = 15_000;
const PASSED_ON = ["content-type", "retry-after", "x-content-type-options"] as const;

/** Lists, shows and replays dead letters by way of pulse-deadletter. */
export function deadLetterRoutes({ url, timeoutMs = TIMEOUT_MS }: DeadLetterWayOptions): Route[] {
  async function forward(path: string, { query, body, log }: HttpRequest, method: "GET" | "POST"): Promise<HttpReply> {
    if (url === undefined) return notSet();
    const target = new URL(`${url.pathname.replace(/\/$/, "")}${path}`, url);
    target.search = query.toString();
    try {
      const answer = await fetch(target, {
        method,
        redirect: "error",
        signal: AbortSignal.timeout(timeoutMs),
        ...(body.length > 0 && { body, headers: { "content-type": "application/json" } }),
      });
      const headers: Record<string, string> = { "cache-control": "no-store" };
      for (const name of PASSED_ON) {
        const value = answer.headers.get(name);
        if (value !== null) headers[name] = value;
      }
      return { status: answer.status, headers, body: Buffer.from(await answer.arrayBuffer()) };
    } catch (error) {
      log.warn({ err: error, url: target.href }, "pulse-deadletter did not answer");
      return tryLater(503, "pulse-deadletter did not answer.", 2000);
    }
  }

  return [
    { method: "GET", path: "/dead-letters", handle: (request) => forward("/dead-letters", request, "GET") },
    {
      method: "POST",
      path: "/dead-letters/{id}/replay",
      admit: refuseOtherSites,
      handle: (request) =>
        forward(`/dead-letters/${encodeURIComponent(request.parameters.id as string)}/replay`, request, "POST"),
    },
  ];
}

/**
 * Refuses what another site makes a browser send: there is no cookie that could be kept from it, only the reader's place
 * in the network. Browsers say where a request comes from (https://www.w3.org/TR/fetch-metadata/); those that do not yet
 * send `Origin` with a POST. What is no browser sends neither.
 */
function refuseOtherSites(headers: HttpRequest["headers"]): HttpReply | undefined {
  const site = headers["sec-fetch-site"];
  const { origin, host } = headers;
  const isOwn =
    site !== undefined
      ? site === "same-origin"
      : origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
  if (isOwn) return undefined;
  return problem(403, "Forbidden", "Expected a request of this page or of a program, got one of another site.");
}

function notSet(): HttpReply {
  return problem(404, "Not found", "Expected PULSE_DEADLETTER_URL to say where pulse-deadletter is, got nothing.");
}
