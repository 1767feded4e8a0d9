// What changes something may be asked by a program or by a page of the same origin, and by no other page: a browser inside the
// network, and one that is signed in, sends for any page that it shows.
import type { IncomingHttpHeaders } from "node:http";
import { mediaTypeOf } from "../events/cloud-event.ts";
import { problem } from "./problem.ts";
import type { HttpReply } from "./route.ts";

/** Refuses a request that another site makes a browser send (403), and a body that does not say that it is JSON (415). */
export function admitChange(headers: IncomingHttpHeaders): HttpReply | undefined {
  return refuseOtherSites(headers) ?? refuseUntyped(headers);
}

/**
 * Refuses a request that another site makes a browser send (403).
 *
 * Browsers name the sending site in Sec-Fetch-Site (https://www.w3.org/TR/fetch-metadata/), except over plain HTTP; then they
 * send Origin with a POST, as older ones do. Other programs send neither. A proxy may replace Host by its upstream's name; then
 * the page's host is in X-Forwarded-Host, which no other site can make a browser send.
 */
export function refuseOtherSites(headers: IncomingHttpHeaders): HttpReply | undefined {
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

// A page of another site may send text/plain without asking, and application/json only after a preflight, which is refused.
function refuseUntyped(headers: IncomingHttpHeaders): HttpReply | undefined {
  const isEmpty = (headers["content-length"] ?? "0") === "0" && headers["transfer-encoding"] === undefined;
  if (isEmpty || mediaTypeOf(headers["content-type"]) === "application/json") return undefined;
  return problem(415, "Unsupported media type", "Expected Content-Type application/json.");
}

const OWN = "this page or of a program";
const REMEDY =
  "Where a proxy stands before PulseMesh, let it pass the browser's Host on (nginx: proxy_set_header Host $http_host).";
