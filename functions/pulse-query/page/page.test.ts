import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Browser, type BrowserPage } from "happy-dom";
import { EventSource } from "undici";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Pulse } from "../../../events/pulse.ts";
import { openSqlitePulseStore } from "../../../storage/sqlite-pulse-store.ts";
import { createLogger } from "../../log.ts";
import { type LoopbackHost, openLoopbackHost } from "../../loopback-host.ts";
import { createQuery } from "../handler.ts";

const DAY = 86_400_000;
const folder = mkdtempSync(join(tmpdir(), "pulse-page-"));
const store = openSqlitePulseStore({
  file: join(folder, "pulses.db"),
  maxBytes: 64 * 1024 * 1024,
  retentionMs: 30 * DAY,
});
const log = createLogger("silent", "pulse-query");
const sources: EventSource[] = [];
let host: LoopbackHost;
let browser: Browser;

beforeAll(async () => {
  host = await openLoopbackHost(createQuery({ store, retentionMs: 30 * DAY, log, live: { pollMs: 10 } }));
  browser = new Browser({
    settings: { enableJavaScriptEvaluation: true, suppressInsecureJavaScriptEnvironmentWarning: true },
  });
});
afterAll(async () => {
  for (const source of sources) source.close();
  await browser.close();
  await host.close();
  rmSync(folder, { recursive: true, force: true });
});

let lastId = 0;
async function put(fields: Partial<Pulse> & Pick<Pulse, "service_name">): Promise<void> {
  const pulse = { event_time: Date.now(), latency_ms: 12.5, status: "ok", id: String(++lastId), source: "/test" };
  expect(await store.write([{ ...pulse, ...fields }])).toEqual({ kind: "stored" });
}

/** The page as a browser has it that loads it from the function; the browser's EventSource is undici's. */
async function openPage(url = host.url): Promise<BrowserPage> {
  class PageEventSource extends EventSource {
    constructor(path: string) {
      super(new URL(path, `${url}/`).href);
      sources.push(this);
    }
  }
  const page = browser.newPage();
  await page.goto(`${url}/`, {
    beforeContentCallback: (window) => Object.assign(window, { EventSource: PageEventSource }),
  });
  return page;
}

function textOf(page: BrowserPage, selector: string): string[] {
  return [...page.mainFrame.document.querySelectorAll(selector)].map((found) => found.textContent);
}

function isShown(page: BrowserPage, selector: string): boolean {
  return !page.mainFrame.document.querySelector(selector)?.hasAttribute("hidden");
}

function click(page: BrowserPage, selector: string): void {
  const found = page.mainFrame.document.querySelector(selector);
  if (found === null) throw new Error(`Expected ${selector} on the page`);
  found.dispatchEvent(new page.mainFrame.window.MouseEvent("click", { bubbles: true }));
}

describe("the page", () => {
  it("tells how to send the first pulse while there is none, and shows it once it has come", async () => {
    const page = await openPage();
    await vi.waitFor(() => expect(isShown(page, "#empty")).toBe(true));
    expect(textOf(page, "#command")[0]).toMatch(/^curl .*\n.*"service_name":"checkout"/);
    expect(textOf(page, "#connection")).toEqual(["live"]);
    await put({ service_name: "checkout", latency_ms: 1234.5, status: "slow" });
    await vi.waitFor(() => expect(textOf(page, "#wall .name")).toEqual(["checkout"]));
    expect(isShown(page, "#empty")).toBe(false);
    expect(textOf(page, "#wall .health, #wall .latency, #wall .status")).toEqual(["degraded", "1235 ms", "slow"]);
    expect(textOf(page, "#wall .seen")[0]).toMatch(/^\d+ s ago$/);
    expect(textOf(page, "#counts li")).toEqual(["1 degraded"]);
    await page.close();
  });

  it("has the services in trouble first, moves them as they change, and marks those that fell silent", async () => {
    await put({ service_name: "alpha" });
    await put({ service_name: "beta", event_time: Date.now() - 3_600_000 * 3 });
    await put({ service_name: "gamma", status: "down" });
    await put({ service_name: "checkout", status: "strange" });
    const page = await openPage();
    await vi.waitFor(() => expect(textOf(page, "#wall .name")).toEqual(["gamma", "checkout", "alpha", "beta"]));
    expect(textOf(page, ".silent .name, .silent .seen")).toEqual(["beta", "3 h ago"]);
    expect(textOf(page, "#counts li")).toEqual(["1 down", "1 unknown", "2 up"]);
    await put({ service_name: "alpha", status: "500" });
    await put({ service_name: "gamma", status: "ok" });
    await vi.waitFor(() => expect(textOf(page, "#wall .name")).toEqual(["alpha", "checkout", "beta", "gamma"]));
    await page.close();
  });

  it("finds services by a part of their name", async () => {
    const page = await openPage();
    await vi.waitFor(() => expect(isShown(page, "#wall")).toBe(true));
    const { document, window } = page.mainFrame;
    const search = document.querySelector("#search") as unknown as { value: string };
    const seek = (text: string) => {
      search.value = text;
      document.querySelector("#search")?.dispatchEvent(new window.Event("input"));
    };
    seek(" ALPH");
    await vi.waitFor(() => expect(textOf(page, "#wall li:not([hidden]) .name")).toEqual(["alpha"]));
    seek("nobody");
    await vi.waitFor(() => expect(isShown(page, "#nothing")).toBe(true));
    await page.close();
  });

  it("shows a service's newest pulses and its percentiles on a click, and keeps them new", async () => {
    for (let i = 1; i <= 20; i++)
      await put({ service_name: "aaa", latency_ms: i, status: "down", metadata: { i: `${i}` } });
    const page = await openPage();
    await vi.waitFor(() => expect(textOf(page, "#wall .name")[0]).toBe("aaa"));
    click(page, "#wall .tile");
    await vi.waitFor(() => expect(textOf(page, "#pulses tr")).toHaveLength(20));
    expect(page.mainFrame.document.querySelector("#detail")?.hasAttribute("open")).toBe(true);
    expect(textOf(page, "#detail-name")).toEqual(["aaa"]);
    const cells = textOf(page, "#pulses tr:first-child td");
    expect(cells.slice(1, 3)).toEqual(["down", "down"]);
    expect(textOf(page, "#pulses tr td:last-child").sort()).toContain("i=20");
    const [pulses, up, p50, , , longest] = textOf(page, "#figures dd");
    expect([pulses, up, longest]).toEqual(["20", "0.0 %", "20.0 ms"]);
    expect(Math.abs(Number.parseFloat(p50 ?? "") - 10)).toBeLessThanOrEqual(0.1);
    expect(textOf(page, "#bars i")).toHaveLength(60);
    expect(page.mainFrame.document.querySelectorAll("#bars i[data-health=down]").length).toBeGreaterThan(0);
    await put({ service_name: "aaa", latency_ms: 21, status: "down" });
    await vi.waitFor(() => expect(textOf(page, "#pulses tr")).toHaveLength(21), { timeout: 15_000 });
    await put({ service_name: "aaa", event_time: Date.now() - 2 * 3_600_000 });
    click(page, "[data-span='86400000']");
    await vi.waitFor(() => expect(textOf(page, "#figures dd")[0]).toBe("22"));
    expect(textOf(page, "[aria-pressed=true]")).toEqual(["Day"]);
    click(page, "#close");
    expect(page.mainFrame.document.querySelector("#detail")?.hasAttribute("open")).toBe(false);
    await page.close();
  });

  it("takes whatever a pulse says as text", async () => {
    const status = "<img src=x onerror=alert(1)>";
    await put({ service_name: "aa", status, metadata: { "<b>": "<script>alert(1)</script>" } });
    const page = await openPage();
    await vi.waitFor(() => expect(textOf(page, "#wall .status")).toContain(status));
    const tile = textOf(page, "#wall .name").indexOf("aa") + 1;
    click(page, `#wall li:nth-child(${tile}) .tile`);
    await vi.waitFor(() => expect(textOf(page, "#pulses td")).toContain("<b>=<script>alert(1)</script>"));
    expect(
      page.mainFrame.document.querySelectorAll("main img, dialog img, main script, dialog script, td b"),
    ).toHaveLength(0);
    await page.close();
  });

  it("says that it is cut off when the function has gone", async () => {
    const own = openSqlitePulseStore({ file: join(folder, "own.db"), maxBytes: 2 ** 26, retentionMs: 30 * DAY });
    const fn = createQuery({ store: own, retentionMs: 30 * DAY, log, live: { pollMs: 10 } });
    const ownHost = await openLoopbackHost(fn);
    const page = await openPage(ownHost.url);
    await vi.waitFor(() => expect(textOf(page, "#connection")).toEqual(["live"]));
    await ownHost.close();
    await vi.waitFor(() => expect(textOf(page, "#connection")).toEqual(["reconnecting"]));
    await page.close();
  });
});

describe("the page's files", () => {
  it.each([
    ["/", "text/html; charset=utf-8"],
    ["/page.css", "text/css; charset=utf-8"],
    ["/page.js", "text/javascript; charset=utf-8"],
  ])("come with a strict policy and are asked for once: %s", async (path, type) => {
    const response = await fetch(`${host.url}${path}`);
    expect(response.headers.get("content-type")).toBe(type);
    expect(response.headers.get("content-security-policy")).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:;/,
    );
    expect((await response.text()).length).toBeGreaterThan(100);
    const headers = { "if-none-match": response.headers.get("etag") ?? "" };
    expect((await fetch(`${host.url}${path}`, { headers })).status).toBe(304);
  });

  it("hold nothing that the policy forbids", async () => {
    const html = await (await fetch(host.url)).text();
    expect(html).not.toMatch(/<style|style=|\son\w+=|<script(?! src="page.js")/);
    const script = await (await fetch(`${host.url}/page.js`)).text();
    expect(script).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/);
  });
});
