import { describe, expect, it } from "vitest";
import { ListedServices, pulseOf } from "../testing/listed-services.ts";
import { EveryServiceSource } from "./every-service-source.ts";

describe("a heartbeat says that nothing is new", () => {
  const MINUTE = 60_000;

  it.each<[string, Partial<ListedServices>, afterMs: number | undefined]>([
    ["a minute after PulseMesh's own newest pulse", { ownPulse: 2000 }, 2000 + MINUTE],
    ["a minute after the newest pulse of all", { ownPulse: 1, pulses: [pulseOf("a", "1", 3000)] }, 3000 + MINUTE],
    ["never while PulseMesh has not pulsed itself", { pulses: [pulseOf("a", "1", 3000)] }, undefined],
  ])("%s", async (_, state, at) => {
    const clock = { now: 5000 };
    const source = new EveryServiceSource(Object.assign(new ListedServices(), state), () => clock.now);
    await source.look();
    clock.now = (at ?? 100 * MINUTE) - 1;
    expect(source.heartbeat()).not.toHaveProperty("nothing_new_since");
    clock.now++;
    if (at === undefined) expect(source.heartbeat()).not.toHaveProperty("nothing_new_since");
    else expect(source.heartbeat()).toMatchObject({ nothing_new_since: new Date(at - MINUTE).toISOString() });
  });

  it("until PulseMesh pulses again", async () => {
    const clock = { now: 5000 };
    const services = Object.assign(new ListedServices(), { ownPulse: 2000 });
    const source = new EveryServiceSource(services, () => clock.now);
    await source.look();
    clock.now = 70_000;
    services.ownPulse = 69_000;
    await source.look();
    expect(source.heartbeat()).toEqual({ judged_until: "1970-01-01T00:00:00.500Z" });
  });
});
