import type { ServiceHealth } from "../../events/service-health.ts";
import type { HttpReply } from "../../http/route.ts";
import type { BadgeView } from "./answers.ts";

// Dark enough for the white text on it.
const COLORS: Readonly<Record<ServiceHealth, string>> = {
  up: "#1a7f4b",
  degraded: "#8a5a00",
  down: "#b3261e",
  late: "#6941c6",
  unknown: "#566070",
};
const HEADERS = {
  "content-type": "image/svg+xml",
  // A browser that opens the badge makes it a document of this origin: the policy lets it do nothing.
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
  "x-content-type-options": "nosniff",
};

/** A badge as data for shields.io, which draws it: https://shields.io/badges/endpoint-badge. */
export function badgeOf(service: string, health: ServiceHealth): BadgeView {
  return { schemaVersion: 1, label: service, message: health, color: COLORS[health], labelColor: "#30363d" };
}

/** A badge in SVG, for a README or a wiki: a service's name and its health. */
export async function drawBadge({ schemaVersion: _, ...badge }: BadgeView): Promise<HttpReply> {
  // Loaded when it is needed: its table of glyph widths is a megabyte.
  const { makeBadge } = await import("badge-maker");
  const body = makeBadge(badge);
  return { status: 200, headers: HEADERS, body };
}
