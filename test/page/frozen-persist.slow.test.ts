// The page while pulse-persist hangs: pulses are accepted, and none is stored.
import { describe, expect, it } from "vitest";
import { MINUTE, open, page, platform, send, startAll } from "./browser-page.ts";
import { noChromium } from "./chromium.ts";

describe.skipIf(noChromium !== undefined)("the page, while pulse-persist hangs", () => {
  startAll();

  it("says within seconds that pulse-persist does not answer, within a minute and a half that the wall is old, and takes both back", async () => {
    const services = ["cart", "checkout", "search"];
    const pulsesAt = (event_time: number) =>
      services.map((service_name) => ({ service_name, event_time, latency_ms: 1, status: "ok" }));
    for (let ago = 5; ago >= 0; ago--) await send(...pulsesAt(Date.now() - (ago * MINUTE) / 2));
    await open("#/");
    await page.locator(".verdict", { hasText: /^All 3 services are up$/ }).waitFor();
    const pid = platform.pids.get("pulse-persist") as number;
    process.kill(pid, "SIGSTOP");
    const frozenAt = Date.now();
    try {
      await send(...pulsesAt(Date.now()));
      await page
        .locator(".banner", { hasText: "Pulses are not stored: pulse-persist does not answer." })
        .waitFor({ timeout: 40_000 });
      await page
        .locator(".verdict", { hasText: /^All 3 services were up at \d\d:\d\d:\d\d$/ })
        .waitFor({ timeout: 90_000 });
      expect(Date.now() - frozenAt).toBeGreaterThan(50_000);
    } finally {
      process.kill(pid, "SIGCONT");
    }
    await page.locator(".banner").waitFor({ state: "detached" });
    await page.locator(".verdict", { hasText: /^All 3 services are up$/ }).waitFor();
  });
});
