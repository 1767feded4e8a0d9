// The page in many tabs of one Chromium, which opens six connections to a host.
import type { Page } from "playwright-core";
import { expect, it, onTestFinished, vi } from "vitest";
import { type Platform, startPlatform } from "../platform.ts";
import { noChromium, openTabs } from "./chromium.ts";

const TABS = 7;

/** Sends a pulse for each status. */
async function sendAs({ ingest }: Platform, service_name: string, ...statuses: string[]): Promise<void> {
  const body = JSON.stringify(statuses.map((status) => ({ service_name, latency_ms: 1, status })));
  const headers = { "content-type": "application/json" };
  expect((await fetch(`${ingest}/pulse`, { method: "POST", headers, body })).status).toBe(202);
}

/** What a tab shows. Not by a locator: those wait for a frame, and a hidden tab draws none. */
function look(tab: Page): Promise<{ isHidden: boolean; state: string; word: string; text: string }> {
  return tab.evaluate(() => {
    const { dataset, textContent } = document.querySelector<HTMLElement>(".connection") as HTMLElement;
    const text = document.getElementById("main")?.textContent ?? "";
    return { isHidden: document.hidden, state: dataset.state ?? "", word: textContent ?? "", text };
  });
}

it.skipIf(noChromium !== undefined)(
  "a seventh tab loads, since a hidden one holds no stream; shown again, a tab is right at once",
  async () => {
    const [platform, { context, close }] = await Promise.all([startPlatform(), openTabs()]);
    onTestFinished(async () => {
      await close();
      await platform.dispose();
    });
    await sendAs(platform, "checkout", "ok");
    const tabs: Page[] = [];
    for (let i = 0; i < TABS; i++) {
      const tab = await context.newPage();
      tabs.push(tab);
      await tab.goto(i === 1 ? `${platform.query}/#/services/checkout` : platform.query);
      await tab.locator(".connection[data-state=live]").waitFor({ timeout: 30_000 });
      expect((await look(tab)).text).toContain("checkout");
    }
    const [wall, service] = tabs as [Page, Page];
    const last = tabs.at(-1) as Page;
    await vi.waitFor(async () => {
      const states = (await Promise.all(tabs.map(look))).map(({ state }) => state);
      expect(states).toEqual([...Array(TABS - 1).fill("resting"), "live"]);
    });

    // One of two would not be enough.
    await sendAs(platform, "checkout", "down", "down");
    await vi.waitFor(async () => expect((await look(last)).text).toContain("1 down of 1 services"));
    const before = await look(wall);
    expect(before).toMatchObject({ isHidden: true, word: "connecting" });
    expect(before.text).toMatch(/The one service was up at \d\d:\d\d:\d\d/);

    await wall.bringToFront();
    await wall.locator(".connection[data-state=live]").waitFor({ timeout: 30_000 });
    expect((await look(wall)).text).toContain("1 down of 1 services");
    expect(await look(last)).toMatchObject({ isHidden: true, state: "resting" });

    await service.bringToFront();
    await service.locator(".connection[data-state=live]").waitFor({ timeout: 30_000 });
    await service.locator("#pulses tbody tr", { hasText: "down" }).first().waitFor({ timeout: 30_000 });
    expect(await service.locator("#pulses tbody tr").count()).toBe(3);
  },
);
