// The page in a real Chromium, with the real platform: pulses that the README's commands send appear in the browser.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { faultsOf } from "./accessibility.ts";
import { browser, DESK, MINUTE, open, PHONE, page, platform, send, startAll } from "./browser-page.ts";
import { noChromium, textsOf } from "./chromium.ts";
import { testByValue } from "./page-by-value.ts";
import { testServicePage } from "./page-service.ts";
import { testWall } from "./page-wall.ts";

const MAX_PAGE_BYTES = 150_000;
const XSS = `<img src=x onerror="globalThis.hacked='yes'"><script>globalThis.hacked='yes'</script>`;

const title = noChromium === undefined ? "the page" : `the page (skipped: ${noChromium})`;

async function sendToBroker(body: string): Promise<void> {
  const headers = { "content-type": "application/cloudevents+json" };
  expect((await fetch(platform.broker, { method: "POST", headers, body })).status).toBe(202);
}

describe.skipIf(noChromium !== undefined)(title, () => {
  startAll();

  it("shows a command for the first pulse, and the command makes the service appear", async () => {
    await open("#/");
    const command = (await page.locator("#command").textContent()) ?? "";
    expect(command).toContain(`${platform.ingest.replace("127.0.0.1", "localhost")}/pulse`);
    expect(await faultsOf(page)).toEqual([]);
    const shell = spawn("sh", ["-c", command], { stdio: "ignore" });
    expect(await once(shell, "exit")).toEqual([0, null]);
    await page.locator(".tile", { hasText: "checkout" }).waitFor();
    await page.locator(".verdict").getByText("The one service is up", { exact: true }).waitFor();
    await vi.waitFor(async () => expect(await page.locator("#command").count()).toBe(0));
  });

  it("takes at most 150 kB, is compressed on request, and allows no foreign content", async () => {
    let bytes = 0;
    for (const path of ["/", "/page.css", "/page.js"]) {
      const plain = await fetch(`${platform.query}${path}`, { headers: { "accept-encoding": "identity" } });
      const text = await plain.text();
      bytes += Buffer.byteLength(text);
      for (const [asked, encoding] of [["gzip, deflate, br", "br"] as const, ["gzip", "gzip"] as const]) {
        const packed = await fetch(`${platform.query}${path}`, { headers: { "accept-encoding": asked } });
        expect(packed.headers.get("content-encoding")).toBe(encoding);
        expect(await packed.text()).toBe(text);
      }
      const tag = plain.headers.get("etag") ?? "";
      expect((await fetch(`${platform.query}${path}`, { headers: { "if-none-match": tag } })).status).toBe(304);
      expect(plain.headers.get("content-security-policy")).toMatch(
        /^default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:;.*trusted-types 'none'$/,
      );
    }
    expect(bytes).toBeLessThan(MAX_PAGE_BYTES);
    const asked = new Set<string>();
    page.on("request", (request) => asked.add(new URL(request.url()).origin));
    await open("#/");
    await page.locator(".tile").first().waitFor();
    page.removeAllListeners("request");
    asked.delete("null"); // The icon is a data: URL.
    expect([...asked]).toEqual([platform.query]);
  });

  testServicePage();
  testByValue();

  it("shows everything in a pulse as text", async () => {
    await send({
      service_name: "hostile",
      latency_ms: 1,
      status: XSS.slice(0, 64),
      metadata: { [XSS.slice(0, 60)]: XSS },
    });
    await open("#/");
    await page.locator(".tile .status", { hasText: "<img src=x" }).waitFor();
    await open("#/services/hostile");
    await page.locator("#pulses .pair", { hasText: "onerror" }).waitFor();
    await page.locator(".mix .name", { hasText: "<img src=x" }).waitFor();
    await open(`#/services/${encodeURIComponent(XSS)}`);
    await page.locator(".problem", { hasText: "Could not load: Expected" }).first().waitFor();
    await page.getByText("Badge, export and API").click();
    await vi.waitFor(async () => expect(await page.title()).toContain("<script>"));
    expect(await page.evaluate(() => (globalThis as { hacked?: string }).hacked)).toBeUndefined();
    expect(await page.locator("main img:not([src*='badge.svg']), main script").count()).toBe(0);
    await page.goto(`${platform.query}/services/${encodeURIComponent(XSS)}/badge.svg`);
    expect(await page.evaluate(() => (globalThis as { hacked?: string }).hacked)).toBeUndefined();
  });

  it("shows a dead letter with its reason, and stores it after a correction and a replay", async () => {
    const poison = readFileSync("events/samples/poison.json", "utf8");
    await sendToBroker(poison);
    await open("#/dead-letters");
    const deadLetter = page.locator(".dead-letter").first();
    await vi.waitFor(async () => {
      await page.getByRole("button", { name: "Reload" }).click();
      await deadLetter.waitFor({ timeout: 1000 });
    });
    expect(await deadLetter.locator(".reason").textContent()).toBe("invalid");
    expect(await deadLetter.locator(".subject").allTextContents()).toEqual(["checkout"]);
    expect(await textsOf(page, ".why li")).toEqual([
      "latency_ms: -1 Expected milliseconds as a finite number from 0 to 86400000.",
    ]);
    await open("#/");
    await page.locator("nav .count", { hasText: /^1$/ }).waitFor();
    await page.locator("nav a").click();
    await deadLetter.getByText("Show and correct").click();
    expect(await faultsOf(page)).toEqual([]);
    const replay = deadLetter.getByRole("button", { name: "Replay" });
    const said = deadLetter.locator("[role=status]");
    await replay.click();
    await said.getByText("Not replayed. latency_ms: Expected milliseconds").waitFor();
    await deadLetter.locator("textarea").fill('{"service_name":"put-right","latency_ms":12.5,"status":7e}');
    await replay.click();
    await said.getByText("Not replayed. data: Expected valid JSON").waitFor();
    browser.complaints.splice(0); // Each refusal is one.
    await deadLetter.locator("textarea").fill('{"service_name":"put-right","latency_ms":12.5,"status":"ok"}');
    await replay.click();
    await said.getByText("Sent to the broker.").waitFor();
    await deadLetter.locator(".reason", { hasText: "replayed" }).waitFor();
    expect(await deadLetter.locator(".why").count()).toBe(0);
    expect(await deadLetter.locator("pre").textContent()).toContain('"latency_ms": -1');
    expect(await deadLetter.locator("textarea").inputValue()).toContain('"latency_ms": 12.5');
    expect(await faultsOf(page)).toEqual([]);
    await vi.waitFor(async () => expect(await page.locator("nav .count").count()).toBe(0));
    await page.locator(".filters select").first().selectOption("Waiting");
    await page.getByRole("button", { name: "Reload" }).click();
    await page.getByText("None waits.").waitFor();
    await page.locator(".filters select").first().selectOption("Replayed");
    await page.locator(".filters select").nth(1).selectOption("timeout");
    await page.getByText("None for this reason.").waitFor();
    await page.locator(".filters select").nth(1).selectOption("invalid");
    await deadLetter.waitFor();
    // One that waits, for the tests that follow.
    await sendToBroker(poison.replace("checkout-000018", "checkout-000019"));
    await open("#/services/put-right");
    await page.locator("#pulses tbody tr").first().waitFor();
    expect((await textsOf(page, "#pulses tbody tr"))[0]).toContain("12.5 ms");
  });

  testWall();

  // Colours do not depend on the size, nor the layout on the colours.
  it.each([
    ["light", DESK],
    ["dark", PHONE],
  ] as const)("has no fault by axe in %s at %o, and nothing to scroll sideways", async (scheme, size) => {
    for (const hash of ["#/?q=search-", "#/?q=steady-", "#/services/ec2?span=7d", "#/dead-letters"]) {
      await open(hash, size, scheme);
      await page
        .locator(hash.includes("services") ? ".uplot canvas" : hash.includes("dead") ? ".dead-letter" : ".tile")
        .first()
        .waitFor();
      expect(await faultsOf(page), hash).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth), hash).toBeLessThanOrEqual(size.width);
    }
  });

  it("shows when the function has gone, and goes on when it is back", async () => {
    await open("#/");
    await page.locator(".connection[data-state=live]").waitFor();
    const cut = page.locator(".connection[data-state=lost]").waitFor();
    await platform.kill("pulse-query");
    await cut;
    await page.locator(".connection[data-state=live]").waitFor();
    await send({ service_name: "after-the-cut", latency_ms: 1, status: "ok", event_time: Date.now() - MINUTE });
    await page.locator(".tile", { hasText: "after-the-cut" }).waitFor();
    browser.complaints.splice(0); // The cut itself causes some.
  });

  // It moves the browser's clock, so that it comes last.
  it("says that pulse-query hangs, and since when what it shows is old, until it answers again", async () => {
    await page.clock.install();
    await open("#/?q=after");
    await page.locator(".connection[data-state=live]").waitFor();
    const pid = platform.pids.get("pulse-query") as number;
    process.kill(pid, "SIGSTOP");
    try {
      // Two heartbeats, which come every ten seconds.
      await page.clock.fastForward(21_500);
      await page.locator(".connection[data-state=stale]", { hasText: "stale" }).waitFor();
      await page.locator(".banner", { hasText: /^No news from pulse-query since \d\d:\d\d:\d\d: / }).waitFor();
      expect(await page.locator(".verdict").textContent()).toMatch(/ at \d\d:\d\d:\d\d$/);
      expect(await faultsOf(page)).toEqual([]);
    } finally {
      process.kill(pid, "SIGCONT");
    }
    await page.locator(".connection[data-state=live]").waitFor();
    await vi.waitFor(async () => expect(await page.locator(".banner").count()).toBe(0));
    expect(await page.locator(".verdict").textContent()).not.toMatch(/ at /);
    await send({ service_name: "after-the-freeze", latency_ms: 1, status: "ok" });
    await page.locator(".tile", { hasText: "after-the-freeze" }).waitFor();
    browser.complaints.splice(0); // The connections that were cut cause some.
  });

  it("logged no error, and broke no part of its policy", () => {
    expect(browser.complaints).toEqual([]);
  });
});
