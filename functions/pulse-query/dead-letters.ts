// Forwards a fixed set of requests to pulse-deadletter, so that the page reaches dead letters at its own origin.
// pulse-deadletter alone lists, replays and counts.

import { problem, tryLater } from "../../http/problem.ts";
import type { HttpReply, HttpRequest, Route } from "../../http/route.ts";

const FORWARDED_HEADERS = ["content-type", "retry-after", "x-content-type-options"] as const;

/**
 * Lists and replays dead letters through pulse-deadletter at `url`; without `url` every request gets 404. A whole request may
 * take `timeoutMs`, because pulse-deadletter may have to start first.
 */
export function deadLetterRoutes(url: URL | undefined, timeoutMs = 15_000): Route[] {
  async function forward(path: string, { query, body, log }: HttpRequest, method: "GET" | "POST"): Promise<HttpReply> {
    if (url === undefined) {
      return problem(404, "Not found", "Expected PULSE_DEADLETTER_URL to say where pulse-deadletter is, got nothing.");
    }
    const target = new URL(`${url.pathname.replace(/\/$/, "")}${path}`, url);
    target.search = query.toString();
    try {
      const answer = await fetch(target, {
        method,
        redirect: "error",
        signal: AbortSignal.timeout(timeoutMs),
        ...(body.length > 0 && { body: new Uint8Array(body), headers: { "content-type": "application/json" } }),
      });
      const headers: Record<string, string> = { "cache-control": "no-store" };
      for (const name of FORWARDED_HEADERS) {
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
 * Refuses what another site makes a browser send. Only the reader's place in the network protects dead letters, and another
 * site's request comes from that place too. Browsers name the sending site in Sec-Fetch-Site
 * (https://www.w3.org/TR/fetch-metadata/); older ones send Origin with a POST; other programs send neither.
 */
function refuseOtherSites(headers: HttpRequest["headers"]): HttpReply | undefined {
  const site = headers["sec-fetch-site"];
  const { origin, host } = headers;
  const isOwn =
    site !== undefined
      ? site === "same-origin"
      : origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
  if (isOwn) return undefined;
  return problem(403, "Forbidden", "Expected a request of this page or of a program, got one from another site.");
}
