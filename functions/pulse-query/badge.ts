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
  return { schemaVersion: 1, label: service, message: health, color: COLORS[health], labelColor: LABEL_COLOR };
}

const LABEL_COLOR = "#30363d";
/** Of what is neither good nor bad. */
const PLAIN = "#1f5f8b";

/** An uptime from which on it has the color of each health. */
const UPTIMES: readonly (readonly [least: number, health: ServiceHealth])[] = [
  [0.999, "up"],
  [0.99, "degraded"],
  [0, "down"],
];

/** A badge of the uptime of a window, such as `99.95%`; `null` where nothing is known. */
export function uptimeBadge(service: string, uptime: number | null, window: string): BadgeView {
  const health = uptime === null ? "unknown" : (UPTIMES.find(([least]) => uptime >= least)?.[1] ?? "down");
  // Cut, not rounded: 100% is said of nothing less.
  const message = uptime === null ? "unknown" : `${Math.floor(uptime * 10_000) / 100}%`;
  return {
    schemaVersion: 1,
    label: `${service} uptime ${window}`,
    message,
    color: COLORS[health],
    labelColor: LABEL_COLOR,
  };
}

/** A badge of the p95 of a window, such as `12.5 ms`; `undefined` where there is no pulse. */
export function p95Badge(service: string, p95: number | undefined, window: string): BadgeView {
  const message = p95 === undefined ? "unknown" : `${Number(p95.toPrecision(3))} ms`;
  const color = p95 === undefined ? COLORS.unknown : PLAIN;
  return { schemaVersion: 1, label: `${service} p95 ${window}`, message, color, labelColor: LABEL_COLOR };
}

/** A badge in SVG, for a README or a wiki: a service's name and its health, or another figure. */
export async function drawBadge({ schemaVersion: _, ...badge }: BadgeView): Promise<HttpReply> {
  // Loaded when it is needed: its table of glyph widths is a megabyte.
  const { makeBadge } = await import("badge-maker");
  const body = makeBadge(badge);
  return { status: 200, headers: HEADERS, body };
}
