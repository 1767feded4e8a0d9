import { describe, expect, it, onTestFinished } from "vitest";
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
    expect(await badge("show=uptime&window=2d")).toMatchObject({ label: "db uptime 2d", message: "85.71%" });
    expect((await ask("/services/nobody/badge.json?show=uptime")).body).toMatchObject({ message: "unknown" });
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

  it.each(["show=everything", "window=0d", "window=500d", "window=30"])("refuse %s", async (query) => {
    expect((await ask(`/services/db/badge.svg?${query}`)).status).toBe(400);
  });
});
