import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface AxeResult {
  passes: { id: string }[];
  violations: { id: string; help: string; nodes: { target: unknown[]; failureSummary?: string }[] }[];
}

/** The faults that axe finds on a page: WCAG 2.2 A and AA, and its best practices. */
export async function faultsOf(page: Page): Promise<string[]> {
  // The debugger evaluates this, and the page's policy does not bind the debugger.
  await page.evaluate(AXE);
  const result = await page.evaluate(() => (globalThis as unknown as { axe: { run(): unknown } }).axe.run());
  const { passes, violations } = result as AxeResult;
  if (passes.length < 10) throw new Error(`Expected axe to have looked at the page, got ${passes.length} rules passed`);
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${help} at ${target.join(" ")}: ${failureSummary ?? ""}`),
  );
}
