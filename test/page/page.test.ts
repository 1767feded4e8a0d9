// The page in a real Chromium on the real platform: what is sent by the commands of the README is seen in the browser.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Platform, startPlatform } from "../platform.ts";
import { faultsOf } from "./accessibility.ts";
import { type Browser, noChromium, openBrowser, textsOf } from "./chromium.ts";
import { fleetOf } from "./fleet.ts";
import { heightsOf, timeFilterAndSort } from "./in-page.ts";

const PHONE = { width: 390, height: 844 };
const DESK = { width: 1280, height: 800 };
const MINUTE = 60_000;
const MAX_PAGE_BYTES = 150_000;
const MAX_PICTURE_BYTES = 150_000;
/** A folder to leave pictures in; `npm run screenshots` sets it. */
const PICTURES = process.env.PULSE_SCREENSHOTS;
const XSS = `<img src=x onerror="globalThis.hacked='yes'"><script>globalThis.hacked='yes'</script>`;
const FLEET = 2000;

const title = noChromium === undefined ? "the page" : `the page (skipped: ${noChromium})`;
describe.skipIf(noChromium !== undefined)(title, () => {
  let platform: Platform;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    [platform, browser] = await Promise.all([startPlatform(), openBrowser()]);
    page = await browser.context.newPage();
    page.setDefaultTimeout(30_000);
  });
  afterAll(async () => {
    await browser?.close();
    await platform?.dispose();
  });

  async function send(...pulses: object[]): Promise<void> {
    const headers = { "content-type": "application/json" };
    const response = await fetch(`${platform.ingest}/pulse`, { method: "POST", headers, body: JSON.stringify(pulses) });
    expect(response.status, await response.text()).toBe(202);
  }

  async function open(hash: string, { width, height } = DESK, colorScheme: "light" | "dark" = "dark"): Promise<void> {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme });
    await page.goto("about:blank");
    await page.goto(`${platform.query}/${hash}`);
  }

  async function picture(name: string, height?: number): Promise<void> {
    if (PICTURES === undefined) return;
    await mkdir(PICTURES, { recursive: true });
    await page.mouse.move(0, 0);
    await page.waitForTimeout(1500);
    const clip = height === undefined ? {} : { clip: { x: 0, y: 0, width: DESK.width, height } };
    const image = await page.screenshot({ path: join(PICTURES, `${name}.png`), ...clip });
    expect(image.byteLength, name).toBeLessThanOrEqual(MAX_PICTURE_BYTES);
  }

  it("tells how to send the first pulse, and that command makes it appear", async () => {
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

  it("takes 150 kB at most, compressed for who asks, under a policy that lets nothing in", async () => {
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
    asked.delete("null"); // the icon, a data: URL
    expect([...asked]).toEqual([platform.query]);
  });

  it("shows a measured failure that npm run send has sent, at the end of the curve", async () => {
    const args = ["feed/send.ts", "--file", "test/data/ec2-request-latency.csv", "--service", "ec2", "--shift-to-now"];
    const url = ["--url", `${platform.ingest}/pulse`, "--as-fast-as-possible", "--restart"];
    const sender = spawn(process.execPath, [...args, ...url], {
      stdio: "ignore",
      env: { ...process.env, PULSE_DATA_DIR: platform.folder },
    });
    expect(await once(sender, "exit")).toEqual([0, null]);
    await open("#/");
    await page.locator(".tile", { hasText: "ec2" }).click();
    await page.getByText("24 h", { exact: true }).click();
    // A day of one pulse every five minutes; its last quarter of an hour has only begun.
    await vi.waitFor(async () => expect((await textsOf(page, ".figures dd"))[0]).toMatch(/^28[5-8]$/));
    // The longest of the last day is of its last quarter hours, a third above anything before.
    expect((await textsOf(page, ".figures dd")).at(-1)).toBe("66.3 ms");
    await picture("service");
    await page.getByText("The same as a table").click();
    await page.locator(".numbers tbody tr").first().waitFor();
    const longest = await textsOf(page, ".numbers tbody tr td:nth-child(6)");
    expect(longest.slice(0, 2)).toContain("66.3 ms");
    await vi.waitFor(async () => {
      const drawn = await heightsOf(page, "faint");
      expect(drawn.end).toBeGreaterThan(0.85);
      expect(drawn.before).toBeLessThan(0.85);
      expect(drawn.before).toBeGreaterThan(0.5);
    });
  });

  it("zooms to a span drawn on a chart, and says so in its address", async () => {
    const plot = page.locator(".u-over").first();
    await page.evaluate(() => scrollTo(0, 0));
    // Again, if a chart was drawn anew under the mouse.
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

  it("streams a service's newest pulses in, and holds them when asked to", async () => {
    await send({ service_name: "streamed", latency_ms: 1, status: "ok", metadata: { region: "eu" } });
    await open("#/services/streamed");
    await page.locator("#pulses tbody tr").first().waitFor();
    expect(await textsOf(page, ".pairs dt, .pairs dd")).toEqual(["region", "eu"]);
    await send({ service_name: "streamed", latency_ms: 2500, status: "503" });
    await page.locator("#pulses tbody tr", { hasText: "503" }).waitFor();
    await page.locator(".title .health.down").waitFor();
    await vi.waitFor(async () => expect(await textsOf(page, ".mix .name")).toEqual(["503", "ok"]));
    await page.getByRole("button", { name: "Hold" }).click();
    await page.getByRole("button", { name: "Held" }).waitFor();
    await send({ service_name: "streamed", latency_ms: 1, status: "slow" });
    await page.locator(".title .health.degraded").waitFor();
    expect(await page.locator("#pulses tbody tr").count()).toBe(2);
    await page.getByRole("button", { name: "Held" }).click();
    await vi.waitFor(async () => expect(await page.locator("#pulses tbody tr").count()).toBe(3));
  });

  it("goes on with a span that is being drawn while pulses come, on the curves it was begun on", async () => {
    await open("#/services/streamed?span=15m");
    const plot = page.locator(".u-over").first();
    await plot.hover();
    const count = async () => (await textsOf(page, ".figures dd"))[0];
    const curves = () =>
      page
        .locator(".uplot canvas")
        .first()
        .evaluate((one) => (one as HTMLCanvasElement).toDataURL());
    await vi.waitFor(async () => expect(await count()).toBe("3"));
    const box = (await plot.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    await page.mouse.move(box.x + box.width * 0.3, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + 60, { steps: 4 });
    const begun = await curves();
    await send({ service_name: "streamed", latency_ms: 9000, status: "503" });
    await vi.waitFor(async () => expect(await count()).toBe("4"));
    await page.mouse.move(box.x + box.width * 0.6, box.y + 60, { steps: 4 });
    expect(await curves()).toBe(begun);
    await page.mouse.up();
    await page.waitForURL(/from=\d+&to=\d+/);
    const query = new URLSearchParams(page.url().split("?")[1]);
    const minutes = (Number(query.get("to")) - Number(query.get("from"))) / MINUTE;
    expect(minutes).toBeGreaterThan(4);
    expect(minutes).toBeLessThan(5);
    // One that is too short to be meant lets the curves go on.
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

  it("takes whatever a pulse says as text", async () => {
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
    await page.getByText("has not pulsed within the retention").waitFor();
    await page.getByText("Badge, export and API").click();
    await vi.waitFor(async () => expect(await page.title()).toContain("<script>"));
    expect(await page.evaluate(() => (globalThis as { hacked?: string }).hacked)).toBeUndefined();
    expect(await page.locator("main img:not([src*='badge.svg']), main script").count()).toBe(0);
    await page.goto(`${platform.query}/services/${encodeURIComponent(XSS)}/badge.svg`);
    expect(await page.evaluate(() => (globalThis as { hacked?: string }).hacked)).toBeUndefined();
  });

  it("shows a dead letter with its reason, and stores it once it was put right and replayed", async () => {
    const poison = readFileSync("events/samples/poison.json", "utf8");
    const headers = { "content-type": "application/cloudevents+json" };
    expect((await fetch(platform.broker, { method: "POST", headers, body: poison })).status).toBe(202);
    await open("#/dead-letters");
    const letter = page.locator(".letter").first();
    await vi.waitFor(async () => {
      await page.getByRole("button", { name: "Look again" }).click();
      await letter.waitFor({ timeout: 1000 });
    });
    expect(await letter.locator(".reason").textContent()).toBe("invalid");
    expect(await letter.locator(".why").textContent()).toContain("Expected");
    await letter.getByText("Look at it and put it right").click();
    expect(await faultsOf(page)).toEqual([]);
    await letter.locator("textarea").fill('{"service_name":"put-right","latency_ms":12.5,"status":"ok"}');
    await letter.getByRole("button", { name: "Replay" }).click();
    await letter.getByText("The broker has it.").waitFor();
    await open("#/services/put-right");
    await page.locator("#pulses tbody tr").first().waitFor();
    expect((await textsOf(page, "#pulses tbody tr"))[0]).toContain("12.5 ms");
  });

  it("goes by the keyboard alone", async () => {
    await open("#/");
    await page.locator(".tile").nth(3).waitFor();
    const isSearching = () => page.evaluate(() => document.activeElement?.id === "search");
    await vi.waitFor(async () => {
      // The page listens for keys a moment after it was drawn.
      if (!(await isSearching())) await page.keyboard.press("/");
      expect(await isSearching()).toBe(true);
    });
    await page.keyboard.type("e");
    await page.waitForURL(/q=e/);
    const names = await vi.waitFor(async () => {
      const found = await textsOf(page, ".tile .name");
      expect(found.length).toBeGreaterThan(2);
      expect(found.filter((name) => !name.includes("e"))).toEqual([]);
      return found;
    });
    await page.locator(".tile").first().focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("End");
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowRight");
    const focused = () => page.evaluate(() => document.activeElement?.querySelector(".name")?.textContent);
    await vi.waitFor(async () => expect(await focused()).toBe(names[1]));
    await vi.waitFor(async () => expect(await page.locator(".tile[tabindex='0']").count()).toBe(1));
    await page.keyboard.press("Enter");
    await page.waitForURL(/#\/services\//);
    const heading = () => page.evaluate(() => document.activeElement?.textContent);
    await vi.waitFor(async () => expect(await heading()).toBe(names[1]));
    await page.keyboard.press("Escape");
    await page.waitForURL(/#\/$/);
  });

  it("filters and sorts 2,000 services at once", async () => {
    await send(...fleetOf(FLEET));
    await open("#/");
    await vi.waitFor(async () => expect(await page.locator(".verdict").textContent()).toMatch(/ of 2,00\d services$/), {
      timeout: 30_000,
    });
    await picture("wall", 680);
    await open("#/", PHONE, "light");
    await page.locator(".tile").first().waitFor();
    await picture("phone");
    await page.setViewportSize(DESK);
    // A person takes what happens within a tenth of a second for at once; ten times that, and a machine that has a
    // second for it, is for a busy one.
    await vi.waitFor(async () => {
      const took = await timeFilterAndSort(page, FLEET / 20);
      console.log(`2,000 services: ${JSON.stringify(took)} ms`);
      for (const ms of Object.values(took)) expect(ms).toBeLessThan(1000);
    });
    await page.getByRole("button", { name: "down" }).click();
    await page.waitForURL(/health=down/);
    await vi.waitFor(async () => expect(new Set(await textsOf(page, ".tile .word"))).toEqual(new Set(["down"])));
  });

  it.each([
    ["light", DESK],
    ["dark", DESK],
    ["light", PHONE],
    ["dark", PHONE],
  ] as const)(
    "has nothing that axe finds fault with in %s at %o, and nothing to scroll sideways",
    async (scheme, size) => {
      for (const hash of ["#/?q=search-", "#/services/ec2?span=7d", "#/dead-letters"]) {
        await open(hash, size, scheme);
        await page
          .locator(hash.includes("services") ? ".uplot canvas" : hash.includes("dead") ? ".letter" : ".tile")
          .first()
          .waitFor();
        expect(await faultsOf(page), hash).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth), hash).toBeLessThanOrEqual(size.width);
      }
    },
  );

  it("says that it is cut off when the function has gone, and goes on when it is back", async () => {
    await open("#/");
    await page.locator(".connection[data-state=live]").waitFor();
    const cut = page.locator(".connection[data-state=lost]").waitFor();
    await platform.kill("pulse-query");
    await cut;
    await page.locator(".connection[data-state=live]").waitFor();
    await send({ service_name: "after-the-cut", latency_ms: 1, status: "ok", event_time: Date.now() - MINUTE });
    await page.locator(".tile", { hasText: "after-the-cut" }).waitFor();
    browser.complaints.splice(0); // of the cut itself
  });

  it("never complained, and broke no policy of its own", () => {
    expect(browser.complaints).toEqual([]);
  });
});
