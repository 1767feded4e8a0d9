// What the page says while the store is away or full, or nothing new is stored. pulse-query runs in this process, on a store
// that the tests break.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { OWN_SERVICE } from "../../events/own-service.ts";
import { compose as composePersist } from "../../functions/pulse-persist/compose.ts";
import { openFunctionHost } from "../../functions/testing/function-host.ts";
import { PULSE_DATA, postEvent } from "../../functions/testing/post-event.ts";
import { openQuery, openStore, pulseOf } from "../../functions/testing/query-function.ts";
import { StoreError } from "../../storage/store-error.ts";
import { faultsOf } from "./accessibility.ts";
import { browser, MINUTE, page, startBrowser } from "./browser-page.ts";
import { noChromium, textsOf } from "./chromium.ts";

const title = noChromium === undefined ? "the page" : `the page (skipped: ${noChromium})`;

describe.skipIf(noChromium !== undefined)(title, () => {
  startBrowser();

  it("shows why the store is away, and never that there is no pulse", async () => {
    const reason = "Expected Cassandra to answer, got no node: start it with make cassandra";
    const own = openStore();
    let isAway = true;
    const store = Object.assign(Object.create(own), {
      ...Object.fromEntries(
        (["page", "check"] as const).map((name) => [
          name,
          async (...given: never[]) => {
            if (isAway) throw new StoreError(reason);
            return (own[name] as (...given: never[]) => unknown)(...given);
          },
        ]),
      ),
      async *latest(...given: Parameters<typeof own.latest>) {
        if (isAway) throw new StoreError(reason);
        yield* own.latest(...given);
      },
      close: () => own.close(),
    });
    const { host } = await openQuery({ store, live: { pollMs: 20 } });
    await page.goto(host.url);
    await page.locator(".banner", { hasText: reason }).waitFor();
    await page.locator(".connection[data-state=away]").waitFor();
    expect(await page.locator("main").textContent()).not.toContain("Loading");
    await page.goto(`${host.url}/#/services/checkout`);
    await page.locator(".banner", { hasText: reason }).waitFor();
    await page.locator(".problem").first().waitFor();
    expect(await page.locator("main").textContent()).not.toMatch(/No pulse|has not pulsed/);
    expect(await faultsOf(page)).toEqual([]);
    isAway = false;
    await page.getByText("This service has not pulsed within the retention.").waitFor();
    expect(await page.locator(".banner").count()).toBe(0);
    isAway = true;
    await page.locator(".banner", { hasText: reason }).waitFor();
    expect(await page.locator("main").textContent()).not.toMatch(/No pulse within|has not pulsed/);
    await host.close();
    browser.complaints.splice(0); // The browser complains of each 503.
  });

  it("says that nothing can be stored and why, while the store is full", async () => {
    const folder = await mkdtemp(join(tmpdir(), "pulsemesh-full-"));
    const env = { PULSE_DATA_DIR: folder, PULSE_STORE_MAX_BYTES: String(1024 * 1024) };
    const persist = await openFunctionHost(composePersist, env);
    const metadata = { note: "x".repeat(1000) };
    const fill = async (id: number) =>
      (await postEvent(persist.url, { id: `${id}` }, { ...PULSE_DATA, metadata })).status;
    for (let id = 1; (await fill(id)) === 204; id++) expect(id).toBeLessThan(2000);
    const persistUrl = new URL(persist.url);
    const { host } = await openQuery({ store: openStore(), persistUrl, live: { pollMs: 20, heartbeatMs: 50 } });
    for (const view of ["", "/#/services/checkout"]) {
      await page.goto(`${host.url}${view}`);
      await page
        .locator(".banner.down", { hasText: /^Pulses are not stored: The store is full: raise PULSE_/ })
        .waitFor();
      expect(await faultsOf(page)).toEqual([]);
    }
    await persist.close();
    await page.locator(".banner", { hasText: /^Pulses are not stored: pulse-persist does not answer\.$/ }).waitFor();
    await host.close();
    await rm(folder, { recursive: true });
    browser.complaints.splice(0);
  });

  it("says that nothing new is stored of any service", async () => {
    let ahead = 0;
    const store = openStore();
    const newest = Date.now();
    const times = Array.from({ length: 6 }, (_, i) => newest - i * MINUTE);
    await store.write([pulseOf({ service_name: OWN_SERVICE, event_time: newest })]);
    await store.write(
      ["cart", "checkout"].flatMap((service_name) => times.map((event_time) => pulseOf({ service_name, event_time }))),
    );
    const { host } = await openQuery({ store, now: () => Date.now() + ahead, live: { pollMs: 20, heartbeatMs: 50 } });
    await page.goto(host.url);
    await page.locator(".verdict", { hasText: /^All 2 services are up$/ }).waitFor();
    ahead = 2 * MINUTE;
    await page.locator(".banner", { hasText: /^Nothing new stored from any service for \d/ }).waitFor();
    expect(await page.locator(".verdict").textContent()).toMatch(/^All 2 services were up at \d\d:/);
    expect(await faultsOf(page)).toEqual([]);
    await store.write([pulseOf({ service_name: "cart", event_time: Date.now() + ahead })]);
    await page.locator(".verdict", { hasText: /^All 2 services are up$/ }).waitFor();
    await vi.waitFor(async () => expect(await textsOf(page, ".banner")).toEqual([]));
    await host.close();
    browser.complaints.splice(0);
  });
});
