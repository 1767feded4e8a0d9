import { SERVICE_HEALTHS, type ServiceHealth } from "../../../../events/service-health.ts";
import type { ServiceView } from "../../answers.ts";

/** The orders of the wall, with their words. */
export const ORDERS = {
  trouble: "Trouble first",
  name: "Name",
  silent: "Longest silent",
  slow: "Slowest",
} as const;
export type Order = keyof typeof ORDERS;

/** The sizes of the tiles, with their words. */
export const DENSITIES = { auto: "Auto size", large: "Large", compact: "Compact" } as const;
export type Density = keyof typeof DENSITIES;

/** With more services than this, tiles are compact unless the reader wishes otherwise: large ones fill two screens. */
export const LARGE_UP_TO = 40;

const SEVERITY = Object.fromEntries(SERVICE_HEALTHS.map((health, i) => [health, i])) as Record<ServiceHealth, number>;

// Times compare as text: all are RFC 3339 in UTC and of one length.
const COMPARISONS: Readonly<Record<Order, (a: ServiceView, b: ServiceView) => number>> = {
  trouble: (a, b) => SEVERITY[a.health] - SEVERITY[b.health],
  name: () => 0,
  silent: (a, b) => (a.last_seen < b.last_seen ? -1 : a.last_seen > b.last_seen ? 1 : 0),
  slow: (a, b) => b.latency_ms - a.latency_ms,
};

/** Which services are shown, and in what order. */
export interface Arrangement {
  /** A part of the name, in any case. */
  sought: string;
  /** Only these; an empty set means all. */
  healths: ReadonlySet<ServiceHealth>;
  order: Order;
}

/** The services that are shown, in order; equal ones follow their names. */
export function arrange(services: Iterable<ServiceView>, { sought, healths, order }: Arrangement): ServiceView[] {
  const wanted = sought.trim().toLowerCase();
  const shown: ServiceView[] = [];
  for (const service of services) {
    if (healths.size > 0 && !healths.has(service.health)) continue;
    if (wanted !== "" && !service.service_name.toLowerCase().includes(wanted)) continue;
    shown.push(service);
  }
  const compare = COMPARISONS[order];
  return shown.sort((a, b) => compare(a, b) || (a.service_name < b.service_name ? -1 : 1));
}

/** How many services have each health. */
export function countHealths(services: Iterable<ServiceView>): Record<ServiceHealth, number> {
  const counts = Object.fromEntries(SERVICE_HEALTHS.map((health) => [health, 0])) as Record<ServiceHealth, number>;
  for (const { health } of services) counts[health]++;
  return counts;
}
