import { describe, expect, it } from "vitest";
import { HOUR, newService, pulseOf, START } from "../testing/pulses.ts";
import { store } from "../testing/read-back.ts";
import type { OpenHealthStore } from "./health.ts";
import type { Fixture } from "./subject.ts";

const ALL = { from: 0, to: Number.POSITIVE_INFINITY };

/** The contract of `HealthStore`, as far as it keeps what the keeper remembers and what it has told. */
export function describeHealthMemory(fixture: Fixture<OpenHealthStore>): void {
  const newPulsing = async () => {
    const service = newService();
    await store(fixture.store, [pulseOf({ service_name: service })]);
    return service;
  };

  describe("what the keeper remembers", () => {
    it("of a service is read back, the newest of it, by any handle", async () => {
      const { store: own, reopen } = await fixture.open();
      const service = newService();
      await store(own, [pulseOf({ service_name: service })]);
      expect(await own.health.memory(service)).toBeUndefined();
      for (const [judgedUntil, state] of [
        [START, "{}"],
        [START + 1, JSON.stringify({ cells: "😀".repeat(2000) })],
      ] as const) {
        const memory = { judgedUntil, state };
        expect(await own.health.keep([{ service, memory }], await own.health.begin())).toBe(true);
        expect(await (await reopen()).health.memory(service)).toEqual(memory);
      }
      expect(await own.health.runs(service, ALL)).toEqual([]);
    });

    it("is until when every service is judged, which never goes back", async () => {
      const { health } = fixture.store;
      const [earlier, later] = [Date.now() + HOUR, Date.now() + 2 * HOUR];
      expect(await health.noteJudged(earlier)).toBe(true);
      expect(await health.judgedUntil()).toBe(earlier);
      await health.noteJudged(later);
      await health.noteJudged(earlier);
      expect(await health.judgedUntil()).toBe(later);
    });

    it("is from when on changes are told: the earliest time that a keeper gave", async () => {
      const { health } = fixture.store;
      const given = await health.toldFrom(START);
      expect(given).toBeLessThanOrEqual(START);
      expect(await health.toldFrom(given + 1)).toBe(given);
      expect(await health.toldFrom(given - 1)).toBe(given - 1);
      expect(await health.toldFrom(START)).toBe(given - 1);
    });
  });

  describe("what was told", () => {
    it("is kept by service and beginning of the run, in place of what was told of it before", async () => {
      const { health } = fixture.store;
      const [service, other] = [await newPulsing(), await newPulsing()];
      const basis = await health.begin();
      const told = [
        { since: START, health: "up" as const, revision: 0 },
        { since: START + HOUR, health: "down" as const, revision: 0 },
      ];
      expect(await health.tell(service, told, basis)).toBe(true);
      expect(await health.told(service, ALL)).toEqual(told);
      expect(await health.told(service, { from: START + 1, to: START + HOUR })).toEqual([]);
      expect(await health.told(other, ALL)).toEqual([]);
      const withdrawn = { since: START + HOUR, health: undefined, revision: 1 };
      await health.tell(service, [withdrawn], basis);
      expect(await health.told(service, ALL)).toEqual([told[0], withdrawn]);
    });
  });
}
