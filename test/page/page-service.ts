// Tests of a service's page and its charts. page.test.ts runs them.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it, vi } from "vitest";
import { MINUTE, open, PHONE, page, picture, platform, send } from "./browser-page.ts";
import { textsOf } from "./chromium.ts";
import { heightsOf } from "./in-page.ts";

/** Tests of the page of one service. */
export function testServicePage(): void {
  it("shows a real failure, sent by npm run send, at the end of the curve", async () => {
    const args = [
      "feed/send/main.ts",
      "--file",
      "test/data/ec2-request-latency.csv",
      "--service",
      "ec2",
      "--shift-to-now",
    ];
    const url = ["--url", `${platform.ingest}/pulse`, "--as-fast-as-possible", "--restart"];
    const sender = spawn(process.execPath, [...args, ...url], {
      stdio: "ignore",
      env: { ...process.env, PULSE_DATA_DIR: platform.folder },
    });
    expect(await once(sender, "exit")).toEqual([0, null]);
    await open("#/");
    await page.locator(".tile", { hasText: "ec2" }).click();
    await page.locator(".spans").getByText("24 h", { exact: true }).click();
    // A day of one pulse every five minutes; its last quarter of an hour has only begun.
    await vi.waitFor(async () => expect((await textsOf(page, ".figures dd"))[0]).toMatch(/^28[5-8]$/));
    // The longest latency of the day is in its last quarters of an hour, a third above anything before.
    expect((await textsOf(page, ".figures dd")).at(-1)).toBe("66.3 ms");
    // The file has two weeks, of twelve pulses an hour.
    await page
      .locator(".usual", {
        hasText:
          /^From \d\d:\d\d to \d\d:\d\d: p95 (–|[\d.]+ ms), usual for this hour [\d.]+ ms( to [\d.]+ ms)?; [\d.]+ pulses a minute, usual 0\.\d+/,
      })
      .waitFor();
    await page.getByText("Show as a table").click();
    await page.locator(".numbers tbody tr").first().waitFor();
    const longest = await textsOf(page, ".numbers tbody tr td:nth-child(6)");
    expect(longest.slice(0, 2)).toContain("66.3 ms");
    await vi.waitFor(async () => {
      // Of three pulses in a step, p95 is the longest, and its curve hides that of the longest.
      const drawn = await heightsOf(page, "p95");
      expect(drawn.end).toBeGreaterThan(0.85);
      expect(drawn.before).toBeLessThan(0.85);
      expect(drawn.before).toBeGreaterThan(0.5);
    });
  });

  it("shows how pulse-health has judged the day", async () => {
    await open("#/services/ec2?span=24h");
    // The file begins a day ago, and no keeper knows its rhythm before some pulses.
    await page.locator(".uptime", { hasText: /^\d+(\.\d+)? % up/ }).waitFor({ timeout: 60_000 });
    await page.locator(".past .legend li", { hasText: /^up$/ }).waitFor({ timeout: 60_000 });
    await picture("service");
  });

  it("draws the only pulse of a day, on a phone too", async () => {
    await send({ service_name: "lone", latency_ms: 40, status: "ok", event_time: Date.now() - 600 * MINUTE });
    await open("#/services/lone?span=24h", PHONE);
    await vi.waitFor(async () => {
      const { before } = await heightsOf(page, "p50");
      expect(before).toBeGreaterThan(0.8);
    });
    await open("#/services/ec2?span=24h");
    await page.locator(".u-over").first().waitFor();
  });

  it("zooms to a span drawn on a chart, and keeps the span in its address", async () => {
    const plot = page.locator(".u-over").first();
    await page.evaluate(() => scrollTo(0, 0));
    // Repeated, because a chart may be redrawn under the mouse.
    await vi.waitFor(async () => {
      await plot.hover();
      const box = (await plot.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
      await page.mouse.move(box.x + box.width * 0.5, box.y + 40);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width * 0.9, box.y + 60, { steps: 4 });
      await page.mouse.up();
      await page.waitForURL(/from=\d+&to=\d+/, { timeout: 5000 });
    });
    const query = new URLSearchParams(page.url().split("?")[1]);
    const hours = (Number(query.get("to")) - Number(query.get("from"))) / 3_600_000;
    expect(hours).toBeGreaterThan(9);
    expect(hours).toBeLessThan(10.2);
    await page.getByText("1 h", { exact: true }).click();
    await page.waitForURL(/span=1h$/);
  });

  it("shows on a logarithmic scale what timeouts hide on a linear one, hides a curve, and marks a new version", async () => {
    const to = Date.now();
    const pulse = (minutes: number, latency_ms: number, version: string) => ({
      service_name: "timeouts",
      event_time: to - minutes * MINUTE - 1000,
      latency_ms,
      status: "ok",
      metadata: { version },
    });
    await send(
      ...Array.from({ length: 56 }, (_, i) => pulse(i, i < 2 ? 30_000 : i < 20 ? 320 : 40, i < 20 ? "2" : "1")),
    );
    // A span that stands: on a busy machine the newest pulses would move to where the curve is looked at.
    await open(`#/services/timeouts?from=${to - 60 * MINUTE}&to=${to}`);
    const before = async () => (await heightsOf(page, "p50")).before;
    await vi.waitFor(async () => {
      expect(await before()).toBeGreaterThan(0);
      expect(await before()).toBeLessThan(0.05);
    });
    await page.getByRole("button", { name: "Logarithmic" }).click();
    await page.waitForURL(/&to=\d+&scale=log$/);
    // From 10 ms to 100 s, 320 ms are at three eighths.
    await vi.waitFor(async () => {
      expect(await before()).toBeGreaterThan(0.35);
      expect(await before()).toBeLessThan(0.42);
    });
    const curve = page.getByRole("button", { name: "p50" });
    await curve.focus();
    await page.keyboard.press("Enter");
    await vi.waitFor(async () => expect(await before()).toBe(0));
    expect(await curve.getAttribute("aria-pressed")).toBe("false");
    await page.keyboard.press("Enter");
    await vi.waitFor(async () => expect(await before()).toBeGreaterThan(0.35));
    const marked = { time: new Date(to - 30 * MINUTE).toISOString(), text: "release 2", link: "https://ci.example/2" };
    const headers = { "content-type": "application/json" };
    const url = `${platform.query}/services/timeouts/markers`;
    expect((await fetch(url, { method: "POST", headers, body: JSON.stringify(marked) })).status).toBe(200);
    const list = page.getByRole("list", { name: "What changed" });
    await vi.waitFor(async () => {
      // Who asks again within a second gets the same answer.
      await page.reload();
      await list.waitFor();
      const items = await list.getByRole("listitem").allTextContents();
      expect(items.map((words) => words.replace(/^.*?\d: /, ""))).toEqual(["release 2", "version 2"]);
    });
    expect(await list.getByRole("link", { name: "release 2" }).getAttribute("href")).toBe("https://ci.example/2");
  });

  it("shows a service's newest pulses as they come, and pauses on request", async () => {
    await send({ service_name: "streamed", latency_ms: 1, status: "ok", metadata: { region: "eu" } });
    await open("#/services/streamed");
    await page.locator("#pulses tbody tr").first().waitFor();
    expect(await textsOf(page, ".pairs dt, .pairs dd")).toEqual(["region", "eu"]);
    await send(...Array(3).fill({ service_name: "streamed", latency_ms: 2500, status: "503" }));
    await page.locator("#pulses tbody tr", { hasText: "503" }).first().waitFor();
    await page.locator(".title .health.down").waitFor();
    await vi.waitFor(async () => expect(await textsOf(page, ".mix .name")).toEqual(["503", "ok"]));
    const pause = page.getByRole("button", { name: "Pause" });
    await pause.click();
    expect(await pause.getAttribute("aria-pressed")).toBe("true");
    // So many that fewer than a quarter of all say down.
    await send(...Array(12).fill({ service_name: "streamed", latency_ms: 1, status: "slow" }));
    await page.locator(".title .health.degraded").waitFor();
    expect(await page.locator("#pulses tbody tr").count()).toBe(4);
    await pause.click();
    await vi.waitFor(async () => expect(await page.locator("#pulses tbody tr").count()).toBe(16));
  });

  it("keeps the curves still under a span that the reader draws while pulses come", async () => {
    await open("#/services/streamed?span=15m");
    const plot = page.locator(".u-over").first();
    await plot.hover();
    const count = async () => (await textsOf(page, ".figures dd"))[0];
    const curves = () =>
      page
        .locator(".uplot canvas")
        .first()
        .evaluate((one) => (one as HTMLCanvasElement).toDataURL());
    await vi.waitFor(async () => expect(await count()).toBe("16"));
    const box = (await plot.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    await page.mouse.move(box.x + box.width * 0.3, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + 60, { steps: 4 });
    const begun = await curves();
    await send({ service_name: "streamed", latency_ms: 9000, status: "503" });
    await vi.waitFor(async () => expect(await count()).toBe("17"));
    await page.mouse.move(box.x + box.width * 0.6, box.y + 60, { steps: 4 });
    expect(await curves()).toBe(begun);
    await page.mouse.up();
    await page.waitForURL(/from=\d+&to=\d+/);
    const query = new URLSearchParams(page.url().split("?")[1]);
    const minutes = (Number(query.get("to")) - Number(query.get("from"))) / MINUTE;
    expect(minutes).toBeGreaterThan(4);
    expect(minutes).toBeLessThan(5);
    // A span too short to be meant lets the curves go on.
    await open("#/services/streamed?span=15m");
    await plot.hover();
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5 + 4, box.y + 40);
    const held = await curves();
    await page.mouse.up();
    await send({ service_name: "streamed", latency_ms: 30_000, status: "503" });
    await vi.waitFor(async () => expect(await curves()).not.toBe(held));
    expect(page.url()).toContain("span=15m");
  });
}
