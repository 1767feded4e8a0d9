import type { ServiceHealth } from "../../events/service-health.ts";

// Dark enough for the white text on it.
const COLORS: Readonly<Record<ServiceHealth, string>> = {
  up: "#1a7f4b",
  degraded: "#8a5a00",
  down: "#b3261e",
  late: "#6941c6",
  unknown: "#566070",
};

/** A badge in SVG, for a README or a wiki: a service's name and how it is. */
export async function drawBadge(service: string, health: ServiceHealth): Promise<string> {
  // Its table of glyph widths is a megabyte that no other answer needs.
  const { makeBadge } = await import("badge-maker");
  return makeBadge({ label: service, message: health, color: COLORS[health], labelColor: "#30363d" });
}
