import { spawnSync } from "node:child_process";
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
    /** How many ticks came at most so many seconds late. */
    const upTo = async (seconds: string) => {
      const text = await registry.metrics();
      return Number(text.split(`${EVENT_LOOP_LAG}_bucket{le="${seconds}"} `)[1]?.split("\n")[0]);
    };
    const ticks = () => upTo("+Inf");
    const laterThan = async (seconds: string) => (await ticks()) - (await upTo(seconds));
    // The start of the tests is a stall too: it has been counted after a tick.
    await expect.poll(ticks).toBeGreaterThan(0);
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
      let [ticks, before] = [0, 0];
      const timer = setInterval(() => {
        if (++ticks === 1) before = wakings();
        if (ticks < 5) return;
        console.log(wakings() - before);
        clearInterval(timer);
      }, 250);`;
    const { stdout, status } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
    expect(status).toBe(0);
    // Four ticks of its timer and of the test's. Prom-client's measurement would make it a hundred.
    expect(Number(stdout)).toBeLessThan(40);
  });
});
