import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { DeadLetter, DeadLetterFilter } from "../ports.ts";
import { deadLetterOf, put, seriesOf } from "../testing/dead-letters.ts";
import { HOUR, START } from "../testing/pulses.ts";
import { listAll } from "../testing/read-back.ts";
import type { Fixture, OpenDeadLetterStore } from "./subject.ts";

/** The contract of lists and counts of dead letters. A test that lists gives its dead letters a unique reason. */
export function describeDeadLetterLists(fixture: Fixture<OpenDeadLetterStore>): void {
  describe("listing dead letters", () => {
    it("has the newest first, over days, in any order of arrival", async () => {
      const reason = randomUUID();
      const deadLetters = seriesOf(12, reason, 5 * HOUR);
      for (const i of [3, 0, 11, 5, 4, 10, 1, 2, 9, 8, 7, 6]) await put(fixture.store, deadLetters[i] as DeadLetter);
      expect(await listAll(fixture.store, { reason })).toEqual(deadLetters.toReversed());
    });

    it.each([1, 5, 12])(
      "shows every dead letter once over pages of %i, even those of one millisecond",
      async (limit) => {
        const reason = randomUUID();
        const deadLetters = [
          ...seriesOf(7, reason, 9 * HOUR),
          ...Array.from({ length: 5 }, () => deadLetterOf({ reason })),
        ];
        for (const deadLetter of deadLetters) await put(fixture.store, deadLetter);
        const read = await listAll(fixture.store, { reason }, limit);
        expect(read.map(({ id }) => id).sort()).toEqual(deadLetters.map(({ id }) => id).sort());
        expect(read.map(({ time }) => time)).toEqual(deadLetters.map(({ time }) => time).sort((a, b) => b - a));
      },
    );

    it("filters by reason, span and replay, each alone and all together", async () => {
      const reason = randomUUID();
      const deadLetters = seriesOf(6, reason);
      for (const deadLetter of deadLetters) await put(fixture.store, deadLetter);
      await put(fixture.store, deadLetterOf({ reason: randomUUID(), time: START + 2 }));
      for (const i of [1, 2, 5]) await fixture.store.markReplayed(deadLetters[i]?.id ?? "", START + HOUR);
      const indices = async (filter: DeadLetterFilter) => {
        const read = await listAll(fixture.store, filter);
        return read.map(({ id }) => deadLetters.findIndex((deadLetter) => deadLetter.id === id)).filter((i) => i >= 0);
      };
      const span = { from: START + 1, to: START + 5 };
      expect(await indices({})).toEqual([5, 4, 3, 2, 1, 0]);
      expect(await indices({ span })).toEqual([4, 3, 2, 1]);
      expect(await indices({ isReplayed: true })).toEqual([5, 2, 1]);
      expect(await indices({ isReplayed: false })).toEqual([4, 3, 0]);
      expect(await listAll(fixture.store, { reason })).toHaveLength(6);
      expect(await listAll(fixture.store, { reason, span, isReplayed: true }, 1)).toEqual(
        [2, 1].map((i) => ({ ...deadLetters[i], replayedAt: START + HOUR })),
      );
      expect(await listAll(fixture.store, { reason: randomUUID() })).toEqual([]);
      expect(await listAll(fixture.store, { reason, span: { from: START + 3, to: START + 3 } })).toEqual([]);
    });

    it("goes on after the last one shown while others arrive", async () => {
      const reason = randomUUID();
      const deadLetters = seriesOf(4, reason);
      for (const deadLetter of deadLetters) await put(fixture.store, deadLetter);
      const first = await fixture.store.list({ reason }, 2);
      await put(fixture.store, deadLetterOf({ reason, time: START + HOUR }));
      const rest = await fixture.store.list({ reason }, 10, first.ok ? first.value.cursor : undefined);
      expect(rest).toEqual({ ok: true, value: { deadLetters: [deadLetters[1], deadLetters[0]] } });
    });

    it.each(["", "0", "abc", "W10", "eyJhIjoxfQ", "💓"])(
      "refuses a cursor that it did not make (%#)",
      async (cursor) => {
        const page = await fixture.store.list({}, 10, cursor);
        expect(page).toMatchObject({
          ok: false,
          faults: [{ pointer: "/cursor", rule: expect.stringMatching(/^Expected/) }],
        });
      },
    );
  });

  describe("counting those that wait", () => {
    it("counts those of the newest that were not replayed", async () => {
      const { store } = fixture;
      const count = async (limit: number) => {
        const { waiting, isCut } = await store.countWaiting(limit);
        return isCut ? `${waiting} of more` : waiting;
      };
      // Newer than those of all other tests, which may be in the same store.
      const newest = START + 1000 * HOUR;
      const deadLetters = seriesOf(6, randomUUID(), 9 * HOUR).map((one) => ({
        ...one,
        time: one.time + newest - START,
      }));
      const before = await count(10_000);
      for (const deadLetter of deadLetters) await put(store, deadLetter);
      expect(await count(10_000)).toBe(Number(before) + 6);
      expect(await count(5)).toBe("5 of more");
      for (const i of [1, 5]) await store.markReplayed(deadLetters[i]?.id ?? "", newest + 60 * HOUR);
      expect(await count(10_000)).toBe(Number(before) + 4);
      expect(await count(5)).toBe("3 of more");
      await put(store, { ...(deadLetters[1] as DeadLetter), time: newest + 80 * HOUR });
      expect(await count(5)).toBe("4 of more");
    });
  });
}
