import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface AxeResult {
  passes: { id: string }[];
  violations: { id: string; help: string; nodes: { target: unknown[]; failureSummary?: string }[] }[];
}

/** What axe finds fault with on a page as it stands: WCAG 2.2 A and AA, and its best practices. */
export async function faultsOf(page: Page): Promise<string[]> {
  // Evaluated by the debugger, which the page's policy does not bind.
  await page.evaluate(AXE);
  // A colour that is on its way to another is neither.
  await page.evaluate(() => Promise.all(document.getAnimations().map((one) => one.finished.catch(() => undefined))));
  const result = await page.evaluate(() => (globalThis as unknown as { axe: { run(): unknown } }).axe.run());
  const { passes, violations } = result as AxeResult;
  if (passes.length < 10) throw new Error(`Expected axe to have looked at the page, got ${passes.length} rules passed`);
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${help} at ${target.join(" ")}: ${failureSummary ?? ""}`),
  );
}
