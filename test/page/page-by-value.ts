// Tests of the choice of a key on a service's page. page.test.ts runs them.
import { expect, it, vi } from "vitest";
import { faultsOf } from "./accessibility.ts";
import { browser, MINUTE, open, PHONE, page, send } from "./browser-page.ts";
import { textsOf } from "./chromium.ts";

/** Tests of which value of a key is slow or down. */
export function testByValue(): void {
  it("tells by keyboard which region is slow or down, worst first, and keeps the key in its address", async () => {
    const regions = { eu: [10, "ok"], us: [90, "ok"], ap: [20, "503"] } as const;
    const pulses = Object.entries(regions).flatMap(([region, [latency_ms, status]]) =>
      [1, 2].map((i) => ({
        service_name: "spread",
        latency_ms,
        status: i === 1 ? status : "ok",
        event_time: Date.now() - i * MINUTE,
        metadata: { region, host: `h${i}` },
      })),
    );
    await send(...pulses, { service_name: "spread", latency_ms: 1, status: "ok" });
    await open("#/services/spread");
    const choice = page.getByRole("combobox", { name: "Slow or down by" });
    await vi.waitFor(async () =>
      expect(await choice.locator("option").allTextContents()).toEqual(["choose a key", "status", "host", "region"]),
    );
    await choice.focus();
    await page.keyboard.type("reg");
    await page.waitForURL(/by=region$/);
    const rows = page.locator(".by-value tbody tr");
    const table = () =>
      rows.evaluateAll((found) => found.map((row) => [...row.children].map(({ textContent }) => textContent)));
    const expected = [
      ["ap", "2", "50 %", "20.0 ms", "20.0 ms", "20.0 ms"],
      ["us", "2", "0 %", "90.0 ms", "90.0 ms", "90.0 ms"],
      ["eu", "2", "0 %", "10.0 ms", "10.0 ms", "10.0 ms"],
      ["without", "1", "0 %", "1.0 ms", "1.0 ms", "1.0 ms"],
    ];
    await vi.waitFor(async () => expect(await table()).toEqual(expected));
    const words = page.locator(".by-value [role=status]");
    expect(await words.textContent()).toBe("Figures by region, worst first: by the share that is not up, then by p95.");
    await open("#/services/spread?by=region", PHONE, "light");
    await vi.waitFor(async () => expect(await table()).toEqual(expected));
    expect(await faultsOf(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(PHONE.width);
    await page.emulateMedia({ colorScheme: "dark" });
    expect(await faultsOf(page)).toEqual([]);
    await choice.selectOption("status");
    await vi.waitFor(async () => expect((await table()).map(([value]) => value)).toEqual(["503", "ok"]));
    await choice.selectOption("");
    await vi.waitFor(async () => expect(await words.count()).toBe(0));
    expect(page.url()).not.toContain("by=");
  });

  it("says why the figures of a span cannot be told by a key", async () => {
    await send(
      ...Array.from({ length: 501 }, (_, i) => ({
        service_name: "requests",
        latency_ms: 1,
        status: "ok",
        metadata: { request: String(i) },
      })),
    );
    await open("#/services/requests?span=7d&by=request");
    const words = page.locator(".by-value [role=status]");
    await words.getByText("Known for spans of up to 24 hours").waitFor();
    await page.getByText("1 h", { exact: true }).click();
    await words.getByText("Not known: Expected a key with at most 500 values where by is given.").waitFor();
    expect(await textsOf(page, ".by-value tbody tr")).toEqual([]);
    await page.locator(".figures dd", { hasText: "501" }).waitFor();
    browser.complaints.splice(0); // The refusal is one.
  });
}
