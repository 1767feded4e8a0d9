import { describe, expect, it } from "vitest";
import { seenOf } from "../marks.ts";
import type { KeptRollup, RollupStore } from "../ports.ts";
import { HOUR, newService, pulseOf, START } from "../testing/pulses.ts";
import { store } from "../testing/read-back.ts";
import { TIERS } from "../tiers.ts";
import type { Fixture, OpenPulseStore } from "./subject.ts";

/** A pulse store that keeps rollups. */
export type OpenRollupStore = OpenPulseStore & { readonly rollups: RollupStore };

const ONE_HOUR = { from: START, to: START + HOUR };

function rollupAt(start: number, ...bytes: number[]): KeptRollup {
  return { start, seen: "", value: Uint8Array.from(bytes) };
}

/** The contract of `RollupStore`. */
export function describeRollups(fixture: Fixture<OpenRollupStore>): void {
  const listed = async (
    service: string,
    tier: keyof typeof TIERS = "hour",
    span = { from: START, to: START + 9 * HOUR },
  ) => {
    const rollups = await fixture.store.rollups.list(service, tier, span);
    return rollups.map(({ start, seen, value }) => [(start - START) / HOUR, seen, ...value]);
  };

  const keep = async (service: string, tier: keyof typeof TIERS, some: readonly KeptRollup[], of = fixture.store) => {
    const marks = await of.rollups.marks(service, ONE_HOUR);
    return await of.rollups.keep(service, tier, some, marks);
  };

  describe("rollups", () => {
    it("are kept by service, tier and beginning, and read back by span, oldest first", async () => {
      const service = newService();
      await store(fixture.store, [pulseOf({ service_name: service })]);
      expect(await listed(service)).toEqual([]);
      const some = [3, 0, 1, 8, 9].map((hour) => rollupAt(START + hour * HOUR, hour, 0, 255));
      expect(await keep(service, "hour", some)).toBe(true);
      await keep(service, "minute", [rollupAt(START, 7)]);
      expect(await listed(service)).toEqual([0, 1, 3, 8].map((hour) => [hour, "", hour, 0, 255]));
      expect(await listed(service, "minute")).toEqual([[0, "", 7]]);
      expect(await listed(service, "day")).toEqual([]);
      expect(await listed(newService())).toEqual([]);
    });

    it("give way to those that begin at the same time", async () => {
      const service = newService();
      await store(fixture.store, [pulseOf({ service_name: service })]);
      await keep(service, "hour", [rollupAt(START, 1), rollupAt(START + HOUR, 2)]);
      await keep(service, "hour", [{ ...rollupAt(START, 3), seen: "marks" }]);
      expect(await listed(service)).toEqual([
        [0, "marks", 3],
        [1, "", 2],
      ]);
    });

    it("are gone with a forgotten service, and those that somebody makes meanwhile have not seen its marks", async () => {
      const { store: own } = await fixture.open();
      const service = newService();
      await own.rollups.sealedUntil();
      await store(own, [pulseOf({ service_name: service })]);
      await keep(service, "hour", [rollupAt(START, 1)], own);
      await keep(service, "day", [rollupAt(START, 1)], own);
      const before = await own.rollups.marks(service, ONE_HOUR);
      await own.forget([service]);
      const list = (tier: keyof typeof TIERS) => own.rollups.list(service, tier, ONE_HOUR);
      expect([await list("hour"), await list("day")]).toEqual([[], []]);
      // Somebody has read its pulses before, and is late.
      await store(own, [pulseOf({ service_name: service, event_time: Date.now() })]);
      await own.rollups.keep(service, "hour", [{ ...rollupAt(START, 1), seen: seenOf(before, ONE_HOUR) }], before);
      const oneDay = { from: START, to: START + TIERS.day };
      await own.rollups.keep(service, "day", [{ ...rollupAt(START, 1), seen: seenOf(before, oneDay) }], before);
      expect(await list("day")).toEqual([]);
      const after = seenOf(await own.rollups.marks(service, ONE_HOUR), ONE_HOUR);
      expect((await list("hour")).filter(({ seen }) => seen === after)).toEqual([]);
      // The service comes again, and so do its rollups.
      await store(own, [pulseOf({ service_name: service })]);
      const marks = await own.rollups.marks(service, ONE_HOUR);
      expect((await list("hour")).filter(({ seen }) => seen === seenOf(marks, ONE_HOUR))).toEqual([]);
      expect(marks.size).toBe(1);
      await keep(service, "hour", [rollupAt(START, 2)], own);
      expect((await list("hour")).map(({ value }) => [...value])).toEqual([[2]]);
    });
  });

  describe("marks", () => {
    it("change with every pulse of the hour that is stored once it may be rolled, by any handle", async () => {
      const { store: own, reopen } = await fixture.open();
      const other = await reopen();
      const service = newService();
      expect(await own.rollups.sealedUntil()).toBeGreaterThan(START + HOUR);
      const marks = async (of = own) => (await of.rollups.marks(service, ONE_HOUR)).get(START);
      const seen = new Set([await marks()]);
      for (const [i, writer] of [own, own, other, other, own].entries()) {
        await store(writer, [pulseOf({ service_name: service, event_time: START + i })]);
        expect(await marks(other)).toBe(await marks());
        seen.add(await marks());
      }
      expect(seen.size).toBe(6);
    });

    it("are of each hour that a write touches, and of the service alone", async () => {
      const { rollups } = fixture.store;
      const service = newService();
      await rollups.sealedUntil();
      const pulses = [0, 0, 1, 5].map((hour) =>
        pulseOf({ service_name: service, event_time: START + hour * HOUR + 7 }),
      );
      await store(fixture.store, pulses);
      const hours = async (from: number, to: number) =>
        [...(await rollups.marks(service, { from, to })).keys()].map((hour) => (hour - START) / HOUR).sort();
      expect(await hours(START, START + 9 * HOUR)).toEqual([0, 1, 5]);
      // A span that begins within an hour touches it.
      expect(await hours(START + HOUR / 2, START + HOUR + 1)).toEqual([0, 1]);
      expect(await hours(START + HOUR, START + 5 * HOUR)).toEqual([1]);
      expect(await rollups.marks(newService(), ONE_HOUR)).toEqual(new Map());
    });

    it("are not left by pulses of the present", async () => {
      const { rollups } = fixture.store;
      const service = newService();
      await rollups.sealedUntil();
      const now = Date.now();
      await store(fixture.store, [pulseOf({ service_name: service, event_time: now })]);
      expect(await rollups.marks(service, { from: now - HOUR, to: now + HOUR })).toEqual(new Map());
    });
  });

  it("says until when all may be rolled: a whole minute that has passed", async () => {
    const until = await fixture.store.rollups.sealedUntil();
    expect(until % TIERS.minute).toBe(0);
    expect(until).toBeLessThanOrEqual(Date.now());
    expect(until).toBeGreaterThan(Date.now() - HOUR);
  });
}
