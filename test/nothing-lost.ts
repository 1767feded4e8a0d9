import { expect, it } from "vitest";
import { type Platform, type Role, until } from "./platform.ts";
import { createPulseFlow, seeded } from "./pulse-flow.ts";
import { readAll } from "./read-back.ts";

const KILLS = 9;
const VICTIMS: readonly Role[] = ["pulse-ingest", "broker", "pulse-persist"];

/** Sends pulses to a running platform while its processes are killed. */
export function testNothingLost(platformOf: () => Platform, pulseCount: number): void {
  it("keeps every acknowledged pulse exactly once while ingest, broker and persist are killed at random moments", async () => {
    const platform = platformOf();
    const random = seeded(20261123);
    const flow = createPulseFlow({
      name: "nothing-lost",
      total: pulseCount,
      clients: 16,
      ingest: platform.ingest,
      broker: platform.broker,
      random,
      retryOn: [429, 502, 503],
    });

    async function killAtRandomMoments(): Promise<void> {
      for (let i = 0; i < KILLS; i++) {
        const threshold = ((i + 0.2 + random() * 0.6) * pulseCount) / KILLS;
        await until(`${Math.round(threshold)} pulses to be acknowledged`, () => flow.acked.size >= threshold, 120_000);
        await platform.kill(VICTIMS[i % VICTIMS.length] as Role);
      }
    }

    await Promise.all([killAtRandomMoments(), flow.run()]);
    expect(flow.acked.size).toBe(pulseCount);

    let stored: string[] = [];
    await until("every acknowledged pulse to be readable", async () => {
      const pulses = await Promise.all(flow.services.map((service) => readAll(platform, service)));
      stored = pulses.flat().map((pulse) => pulse.id);
      return stored.length >= pulseCount;
    });
    expect(stored.length).toBe(pulseCount); // none twice …
    expect(new Set(stored)).toEqual(flow.acked); // … and none lost
    // Without a retry no kill met a request in flight, and the test would have shown nothing.
    expect(flow.retries).toBeGreaterThan(0);
  }, 300_000);
}
