// What the page shows of a service's past, by a past that is made up. pulse-query runs in this process.
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { HealthRun } from "../../events/health-run.ts";
import { DAY_MS } from "../../events/time.ts";
import type { FunctionHost } from "../../functions/testing/function-host.ts";
import { openQuery, openStore, pulseOf } from "../../functions/testing/query-function.ts";
import { parseServices } from "../../health/services-file.ts";
import { faultsOf } from "./accessibility.ts";
import { browser, MINUTE, PHONE, page, startBrowser } from "./browser-page.ts";
import { noChromium, textsOf } from "./chromium.ts";

const title = noChromium === undefined ? "the page" : `the page (skipped: ${noChromium})`;
/** Noon: no half hour ends, and no day, while the tests run. */
const NOW = new Date(2026, 10, 25, 12, 10).getTime();
const ago = (minutes: number) => NOW - minutes * MINUTE;

function runsOf(...runs: [ago: number, health: HealthRun["health"], cause: string][]): HealthRun[] {
  return runs.map(([minutes, health, cause]) => {
    return { since: ago(minutes), health, confirmedAt: ago(minutes) + 10_000, cause };
  });
}

const RUNS: Readonly<Record<string, HealthRun[]>> = {
  api: runsOf(
    [3 * 24 * 60, "up", "one pulse was well"],
    [100, "down", "7 of 9 pulses said 503"],
    [70, "up", "one pulse was well"],
    [4, "down", "8 of 10 pulses said 503"],
  ),
  new: [],
};

describe.skipIf(noChromium !== undefined)(title, () => {
  startBrowser();
  let host: FunctionHost;
  /** Of the same store, with a history of 60 days. */
  let forgetful: FunctionHost;
  let ahead = 0;
  const open = async (hash: string) => {
    await page.goto("about:blank");
    await page.goto(`${host.url}/${hash}`);
  };

  beforeAll(async () => {
    const store = openStore();
    const services = Object.keys(RUNS);
    const times = Array.from({ length: 60 }, (_, i) => ago(i * 2));
    await store.write(
      services.flatMap((service_name) => times.map((event_time) => pulseOf({ service_name, event_time }))),
    );
    const span = { from: 0, to: Number.POSITIVE_INFINITY };
    const judged = services.filter((service) => RUNS[service]?.length);
    const changes = judged.map((service) => ({ service, runs: { span, runs: RUNS[service] as HealthRun[] } }));
    await store.health.keep(changes, await store.health.begin());
    await store.health.noteJudged(NOW);
    await store.markers.put({
      service: "api",
      id: "7",
      time: ago(10),
      text: "release 7",
      link: "https://ci.example/7",
    });
    const planned = (from: number, to: number, reason: string) =>
      `{ from: "${new Date(ago(from)).toISOString()}", to: "${new Date(ago(to)).toISOString()}", reason: ${reason} }`;
    const maintenance = `[${planned(300, 240, "a new disk")}, ${planned(-30, -50, "the network is moved")}]`;
    const settings = parseServices(
      `- services: api\n  owner: shop\n  link: https://wiki.example/api\n  maintenance: ${maintenance}`,
      { file: "services.yaml", variable: "PULSE_SERVICES_FILE" },
    );
    const options = { store, settings: () => settings, now: () => NOW + ahead };
    ({ host } = await openQuery({ ...options, historyMs: 400 * DAY_MS, live: { pollMs: 20, heartbeatMs: 50 } }));
    ({ host: forgetful } = await openQuery({ ...options, historyMs: 60 * DAY_MS }));
    await page.clock.setFixedTime(NOW);
  });
  afterAll(async () => {
    await host?.close();
    await forgetful?.close();
  });

  it("says since when and why a service is as it is, whose it is, and where its runbook is", async () => {
    await open("#/services/api");
    await page.locator(".since", { hasText: /^since 12:06 \(4 min\): 8 of 10 pulses said 503$/ }).waitFor();
    await page.locator(".rhythm", { hasText: "belongs to shop" }).waitFor();
    const runbook = page.getByRole("link", { name: "Runbook" });
    expect(await runbook.getAttribute("href")).toBe("https://wiki.example/api");
    expect(await runbook.getAttribute("rel")).toContain("noopener");
  });

  it("is a bar that the keyboard goes through, with words for each part, and uptime of what is known", async () => {
    await open("#/services/api");
    const bar = page.getByRole("slider", { name: "How api was in the last 24 h" });
    await bar.focus();
    const said = () => bar.getAttribute("aria-valuetext");
    expect(await said()).toBe("12:00–12:30 (until now): down 40 % (4 min), up 60 %");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    await vi.waitFor(async () => expect(await said()).toBe("11:00–11:30: up all the time"));
    await page.keyboard.press("ArrowLeft");
    await vi.waitFor(async () => expect(await said()).toBe("10:30–11:00: down all the time"));
    expect(await page.locator(".reading span").textContent()).toBe(await said());
    expect(await textsOf(page, ".past .legend li")).toEqual(["down", "in maintenance", "up"]);
    // Of 23 hours and 40 minutes, without an hour of maintenance, it was down for 34 minutes.
    expect(await page.locator(".uptime").textContent()).toBe("97.5 % up, without 1 h of maintenance");
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/*from=${ago(100)}&to=${ago(70)}`);
  });

  it("of 90 days says which part is known, and of a service that was never judged that nothing is", async () => {
    await open("#/services/api?past=30d");
    await page.getByRole("group", { name: "Span of the past" }).getByText("90 d").click();
    await page.waitForURL(/past=90d$/);
    await page.locator(".uptime", { hasText: /up, of the 3\.\d % of the time that is known/ }).waitFor();
    const bar = page.getByRole("slider", { name: "How api was in the last 90 d" });
    await bar.press("Home");
    await vi.waitFor(async () => expect(await bar.getAttribute("aria-valuetext")).toMatch(/ Aug: nothing is known$/));
    await open("#/services/new");
    await page.locator(".uptime", { hasText: "– nothing is known of this time" }).waitFor();
    expect(await textsOf(page, ".past .legend li")).toEqual(["unknown"]);
    expect(await textsOf(page, ".past .nothing")).toEqual(["None is known."]);
  });

  it("says which work is planned and why, and in the bar why there was some", async () => {
    await open("#/services/api");
    await page.locator(".plan", { hasText: "Work planned for 12:40–13:00: the network is moved" }).waitFor();
    const bar = page.getByRole("slider", { name: "How api was in the last 24 h" });
    await bar.focus();
    for (let i = 0; i < 9; i++) await page.keyboard.press("ArrowLeft");
    await vi.waitFor(async () =>
      expect(await bar.getAttribute("aria-valuetext")).toBe(
        "07:30–08:00: in maintenance all the time; work: a new disk",
      ),
    );
  });

  it("says of what a shorter history does not keep that it is not kept, and counts it neither as up nor as unknown", async () => {
    await page.goto(`${forgetful.url}/#/services/api?past=90d`);
    await page.locator(".past .quiet", { hasText: /^Before 26 Sept? 12:10 nothing is kept/ }).waitFor();
    await page.locator(".uptime", { hasText: /up, of the 4\.\d % of the time that is known/ }).waitFor();
    const bar = page.getByRole("slider", { name: "How api was in the last 90 d" });
    await bar.press("Home");
    await vi.waitFor(async () => expect(await bar.getAttribute("aria-valuetext")).toMatch(/ Aug: not kept$/));
  });

  it("lists the incidents, and shows the pulses of one in the charts", async () => {
    await open("#/services/api");
    const incidents = page.locator(".incidents button");
    await vi.waitFor(async () =>
      expect(
        await incidents.evaluateAll((all) => all.map((one) => [...one.children].map((x) => x.textContent))),
      ).toEqual([
        ["down", "since 12:06 (4 min)", "8 of 10 pulses said 503"],
        ["down", "10:30–11:00 (30 min)", "7 of 9 pulses said 503"],
      ]),
    );
    await incidents.nth(1).click();
    await page.waitForURL(`**/*from=${ago(100) - 7.5 * MINUTE}&to=${ago(70) + 7.5 * MINUTE}`);
    expect(await incidents.nth(1).getAttribute("aria-pressed")).toBe("true");
    await page.locator(".spans p", { hasText: "10:22:30 – 11:07:30" }).waitFor();
  });

  it.each(["light", "dark"] as const)(
    "has no fault by axe in %s, and nothing to scroll sideways on a phone",
    async (scheme) => {
      await page.setViewportSize(PHONE);
      await page.emulateMedia({ colorScheme: scheme });
      await open("#/services/api?past=90d");
      await page.locator(".incidents button").first().waitFor();
      const changes = page.getByRole("list", { name: "What changed" });
      await changes.getByRole("link", { name: "release 7" }).waitFor();
      expect(await faultsOf(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(PHONE.width);
    },
  );

  // The time that it moves stays.
  it("says that pulse-health is away, and knows no service's health", async () => {
    await open("#/");
    await page.locator(".own-state", { hasText: "health judged 12:10:00" }).waitFor();
    expect(await page.locator(".verdict").textContent()).toBe("1 down of 2 services");
    ahead = 2 * MINUTE;
    await page.clock.setFixedTime(NOW + ahead);
    await page.locator(".banner.down", { hasText: "pulse-health has judged nothing since 12:10:00" }).waitFor();
    await page.locator(".verdict", { hasText: /^2 unknown of 2 services/ }).waitFor();
    await page.locator(".own-state", { hasText: "health not judged since 12:10:00" }).waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await open("#/services/api");
    await page.locator(".banner", { hasText: "pulse-health has judged nothing" }).waitFor();
  });

  it("logged no error", () => {
    // pulse-query knows no dead letters here.
    expect(browser.complaints.filter((one) => !one.includes("404"))).toEqual([]);
  });
});
