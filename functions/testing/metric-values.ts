import type { Registry } from "prom-client";
import type { Pulse } from "../../events/pulse.ts";

export const pulse = (service_name: string, fields: Partial<Pulse> = {}): Pulse => ({
  service_name,
  event_time: 1_000_000,
  latency_ms: 100,
  status: "ok",
  id: "1",
  source: "/pulse",
  ...fields,
});

/** The values of a metric by its labels. */
export async function valuesOf(registry: Registry, name: string): Promise<Record<string, number>> {
  const values: Record<string, number> = {};
  for (const line of (await registry.metrics()).split("\n")) {
    const [, labels, value] = new RegExp(`^${name}(?:{(.*)})? (.+)$`).exec(line) ?? [];
    if (value !== undefined) values[labels ?? ""] = Number(value);
  }
  return values;
}
