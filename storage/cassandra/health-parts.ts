import type { HealthChange } from "../health-ports.ts";

/** Runs in a batch: with their causes some 20 KB. */
const BATCH_RUNS = 50;

/** A span and its runs, in parts that fit into a batch each. */
export function partsOf({ span, runs }: NonNullable<HealthChange["runs"]>): NonNullable<HealthChange["runs"]>[] {
  const parts: NonNullable<HealthChange["runs"]>[] = [];
  let { from } = span;
  for (let i = 0; i === 0 || i < runs.length; i += BATCH_RUNS) {
    const to = runs[i + BATCH_RUNS]?.since ?? span.to;
    parts.push({ span: { from, to }, runs: runs.slice(i, i + BATCH_RUNS) });
    from = to;
  }
  return parts;
}
