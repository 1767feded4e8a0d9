import type { Registry } from "prom-client";

/** The values of a metric by its labels. */
export async function valuesOf(registry: Registry, name: string): Promise<Record<string, number>> {
  const values: Record<string, number> = {};
  for (const line of (await registry.metrics()).split("\n")) {
    const [, labels, value] = new RegExp(`^${name}(?:{(.*)})? (.+)$`).exec(line) ?? [];
    if (value !== undefined) values[labels ?? ""] = Number(value);
  }
  return values;
}
