import { spawnSync } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import { Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import { collectProcessMetrics, EVENT_LOOP_LAG } from "./process-metrics.ts";

function standStill(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

describe("the process metrics", () => {
  it("keep a stall of the event loop however often they are scraped", async () => {
    const registry = new Registry();
    collectProcessMetrics(registry);
    /** How many ticks came more than so many seconds late. */
    const laterThan = async (seconds: string) => {
      const text = await registry.metrics();
      const upTo = (le: string) => Number(text.split(`${EVENT_LOOP_LAG}_bucket{le="${le}"} `)[1]?.split("\n")[0]);
      return upTo("+Inf") - upTo(seconds);
    };
    await wait(300);
    const before = await laterThan("0.5");
    standStill(1300);
    await expect.poll(() => laterThan("0.5")).toBeGreaterThanOrEqual(before + 2);
    expect(await laterThan("0.5")).toBeGreaterThanOrEqual(before + 2);
    // One tick was late by 1.05 to 1.3 s, and those that it swallowed by 0.25 s less each.
    expect(await laterThan("1")).toBeGreaterThanOrEqual(1);
  });

  it("are Node's own otherwise, without the lag that a scrape empties", async () => {
    const registry = new Registry();
    collectProcessMetrics(registry);
    const text = await registry.metrics();
    expect(text).toMatch(/^process_resident_memory_bytes \d/m);
    expect(text).toMatch(/^nodejs_heap_size_used_bytes \d/m);
    expect(text).not.toContain("nodejs_eventloop_lag");
  });

  it("let a process sleep, and end", () => {
    const script = `
      import { Registry } from "prom-client";
      import { collectProcessMetrics } from "./http/process-metrics.ts";
      collectProcessMetrics(new Registry());
      const wakings = () => process.resourceUsage().voluntaryContextSwitches;
      setTimeout(() => {
        const before = wakings();
        setTimeout(() => console.log(wakings() - before), 2000);
      }, 500);`;
    const { stdout, status } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
    expect(status).toBe(0);
    // 8 of its timer and a few of the test's. Prom-client's measurement would make it 200.
    expect(Number(stdout)).toBeLessThan(40);
  });
});
