import type { ServiceHealth } from "../../events/service-health.ts";
import type { Uptime } from "../../health/uptime.ts";
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
  return badge(service, health, COLORS[health]);
}

function badge(label: string, message: string, color: string): BadgeView {
  return { schemaVersion: 1, label, message, color, labelColor: "#30363d" };
}

/** Of what is neither good nor bad. */
const PLAIN = "#1f5f8b";

/** An uptime from which on it has the color of each health. */
const UPTIMES: readonly (readonly [least: number, health: ServiceHealth])[] = [
  [0.999, "up"],
  [0.99, "degraded"],
  [0, "down"],
];

/** Where less of a window is known, its badge says how much that is. */
const WELL_KNOWN = 0.9;
/** Where less is known, the uptime is no news of the window, good or bad. */
const KNOWN = 0.5;

/** A badge of the uptime of a window, such as `99.95%` or `100%, 3% known`; `unknown` where nothing is known. */
export function uptimeBadge(
  service: string,
  { uptime, coverage }: Pick<Uptime, "uptime" | "coverage">,
  window: string,
): BadgeView {
  const label = `${service} uptime ${window}`;
  if (uptime === null || coverage === null) return badge(label, "unknown", COLORS.unknown);
  const [, health] = UPTIMES.find(([least]) => uptime >= least) ?? [0, "down"];
  const told = coverage < WELL_KNOWN ? `, ${partOf(coverage)} known` : "";
  return badge(label, `${percent(uptime, 2)}${told}`, COLORS[coverage < KNOWN ? "unknown" : health]);
}

/** Cut, not rounded: 100% is said of nothing less. */
function percent(part: number, digits: number): string {
  const factor = 10 ** digits;
  return `${Math.floor(part * (100 * factor)) / factor}%`;
}

function partOf(known: number): string {
  return known < 0.01 ? "less than 1%" : percent(known, 0);
}

/** A badge of the p95 of a window, such as `12.5 ms`; `undefined` where there is no pulse. */
export function p95Badge(service: string, p95: number | undefined, window: string): BadgeView {
  const message = p95 === undefined ? "unknown" : `${Number(p95.toPrecision(3))} ms`;
  const color = p95 === undefined ? COLORS.unknown : PLAIN;
  return badge(`${service} p95 ${window}`, message, color);
}

/** A badge in SVG, for a README or a wiki: a service's name and its health, or another figure. */
export async function drawBadge({ schemaVersion: _, ...drawn }: BadgeView): Promise<HttpReply> {
  // Loaded when it is needed: its table of glyph widths is a megabyte.
  const { makeBadge } = await import("badge-maker");
  const body = makeBadge(drawn);
  return { status: 200, headers: HEADERS, body };
}
