import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { DAY_MS } from "../../events/time.ts";
import { History } from "../../history/history.ts";
import { openSqlitePulseStore } from "../../storage/sqlite/pulse-store.ts";
import { temporaryFolder } from "../../storage/testing/temporary-folder.ts";
import { floorTo, HOUR_MS } from "../../storage/tiers.ts";
import { ask, MINUTE, servePast } from "../testing/past-health.ts";
import { openQuery, openStore, pulseOf } from "../testing/query-function.ts";

servePast();

describe("badges", () => {
  const badge = async (query: string) => (await ask(`/services/db/badge.json?${query}`)).body;

  it("show the uptime of a window, which is cut and not rounded", async () => {
    expect(await badge("show=uptime&window=1h&v=2")).toMatchObject({
      label: "db uptime 1h",
      message: "50%",
      color: "#b3261e",
    });
    expect((await ask("/services/nobody/badge.json?show=uptime")).body).toMatchObject({ message: "unknown" });
  });

  it("say how much of a window is known where a part is not, and are neither good nor bad where most is not", async () => {
    // Known are three hours and a half, of which half an hour was late.
    const gray = "#566070";
    expect(await badge("show=uptime&window=3h")).toMatchObject({ message: "83.33%" });
    expect(await badge("show=uptime&window=4h")).toMatchObject({ message: "85.71%, 87% known", color: "#b3261e" });
    expect(await badge("show=uptime&window=2d")).toMatchObject({ message: "85.71%, 7% known", color: gray });
    expect(await badge("show=uptime&window=30d")).toMatchObject({ message: "85.71%, less than 1% known", color: gray });
  });

  it("show the p95 of a window", async () => {
    const own = openStore();
    const time = Date.now() - 90 * MINUTE;
    await own.write([1, 2, 12.345].map((latency_ms) => pulseOf({ service_name: "db", event_time: time, latency_ms })));
    const { host: present } = await openQuery({ store: own });
    onTestFinished(() => present.close());
    const message = async (window: string) => {
      const answer = await fetch(`${present.url}/services/db/badge.json?show=p95&window=${window}`);
      return ((await answer.json()) as { message: string }).message;
    };
    expect([await message("24h"), await message("1h")]).toEqual(["12.3 ms", "unknown"]);
    const svg = await (await fetch(`${present.url}/services/db/badge.svg?show=p95`)).text();
    expect(svg).toContain("<title>db p95 30d: 12.3 ms</title>");
  });

  it("show the p95 of days whose pulses are gone, in whole days", async () => {
    const day0 = floorTo(DAY_MS, Date.now()) - 100 * DAY_MS;
    let now = day0 + DAY_MS;
    const retentionMs = 30 * DAY_MS;
    const file = join(temporaryFolder(), "pulses.db");
    const own = openSqlitePulseStore({ file, maxBytes: 2 ** 26, retentionMs, now: () => now });
    const pulsesOf = (from: number, latency_ms: number) =>
      Array.from({ length: 24 }, (_, i) => pulseOf({ service_name: "db", event_time: from + i * HOUR_MS, latency_ms }));
    await own.write(pulsesOf(day0, 500));
    now = day0 + 1.5 * DAY_MS;
    const history = new History({ reader: own, rollups: own.rollups, retentionMs, now: () => now });
    await history.roll("db", { from: day0, to: day0 + DAY_MS });
    now = day0 + 60.5 * DAY_MS;
    await own.write(pulsesOf(day0 + 59 * DAY_MS, 10));
    const { host: present } = await openQuery({ store: own, historyMs: 400 * DAY_MS, now: () => now });
    onTestFinished(() => present.close());
    const message = async (window: string) => {
      const answer = await fetch(`${present.url}/services/db/badge.json?show=p95&window=${window}`);
      return ((await answer.json()) as { message: string }).message;
    };
    expect(await message("30d")).toBe("10 ms");
    // Half of the pulses are older.
    expect(Math.abs(Number.parseFloat(await message("90d")) / 500 - 1)).toBeLessThan(0.01);
  });

  it.each(["show=everything", "window=0d", "window=500d", "window=30"])("refuse %s", async (query) => {
    expect((await ask(`/services/db/badge.svg?${query}`)).status).toBe(400);
  });
});
