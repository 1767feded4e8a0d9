// Forwards a fixed set of requests to pulse-deadletter, so that the page reaches dead letters at its own origin.
// pulse-deadletter alone lists, replays and counts.

import { problem, tryLater } from "../../http/problem.ts";
import type { HttpReply, HttpRequest, Route } from "../../http/route.ts";
import { deadLetterForms } from "../dead-letter-parameters.ts";

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
    { method: "GET", path: "/dead-letters/count", handle: (request) => forward("/dead-letters/count", request, "GET") },
    {
      method: "GET",
      path: "/dead-letters/{id}",
      forms: deadLetterForms,
      handle: (request) => forward(pathOf(request), request, "GET"),
    },
    {
      method: "POST",
      path: "/dead-letters/{id}/replay",
      forms: deadLetterForms,
      admit: refuseOtherSites,
      handle: (request) => forward(`${pathOf(request)}/replay`, request, "POST"),
    },
  ];
}

function pathOf({ parameters }: HttpRequest): string {
  return `/dead-letters/${encodeURIComponent(parameters.id as string)}`;
}

/**
 * Refuses what another site makes a browser send. Only the reader's place in the network protects dead letters, and another
 * site's request comes from that place too. Browsers name the sending site in Sec-Fetch-Site
 * (https://www.w3.org/TR/fetch-metadata/), except over plain HTTP; then they send Origin with a POST, as older ones do. Other
 * programs send neither. A proxy may replace Host by its upstream's name; then the page's host is in X-Forwarded-Host, which
 * no other site can make a browser send.
 */
function refuseOtherSites(headers: HttpRequest["headers"]): HttpReply | undefined {
  const site = headers["sec-fetch-site"];
  const { origin, host } = headers;
  if (site === "same-origin" || (site === undefined && origin === undefined)) return undefined;
  if (site !== undefined) return problem(403, "Forbidden", `Expected a request of ${OWN}, got one from another site.`);
  const forwarded = String(headers["x-forwarded-host"] ?? "")
    .split(",")[0]
    ?.trim();
  const asked = URL.canParse(origin as string) ? new URL(origin as string).host : "";
  if (asked !== "" && [host, forwarded].includes(asked)) return undefined;
  return problem(403, "Forbidden", `Expected a request of ${OWN}, got one of a page at another host. ${REMEDY}`);
}

const OWN = "this page or of a program";
const REMEDY =
  "Where a proxy stands before pulse-query, let it pass the browser's Host on (nginx: proxy_set_header Host $http_host).";
