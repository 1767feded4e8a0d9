import fc from "fast-check";
import { expect, it } from "vitest";
import { PulseTimes } from "./pulse-times.ts";

const times = fc.uniqueArray(fc.integer({ min: 0, max: 1000 }), { maxLength: 60 });
const step = fc.record({
  from: fc.integer({ min: 0, max: 1000 }),
  length: fc.integer({ min: 0, max: 500 }),
  read: times,
  horizon: fc.integer({ min: 0, max: 400 }),
  until: fc.integer({ min: 1000, max: 1200 }),
});

it("times of pulses and the gaps between them are those of a plain list, whatever is read again and forgotten", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const kept = new PulseTimes();
      let plain: number[] = [];
      for (const { from, length, read: all, horizon, until } of steps) {
        const span = { from, to: from + length };
        const isWithin = (time: number) => time >= span.from && time < span.to;
        const read = all.filter(isWithin).sort((a, b) => a - b);
        const came = read.filter((time) => !plain.includes(time));
        expect(kept.replace(span, read)).toEqual(came);
        kept.forgetBefore(horizon);
        plain = [...plain.filter((time) => !isWithin(time)), ...read].sort((a, b) => a - b);
        const before = plain.findLast((time) => time < horizon) ?? horizon;
        plain = plain.filter((time) => time >= before);
        expect(kept.newest).toBe(plain.at(-1));
        const gaps = plain
          .map((time, i) => ({ from: time, to: plain[i + 1] ?? until }))
          .filter((gap) => gap.to - gap.from > 40);
        expect(kept.gaps(until, 40)).toEqual(gaps);
      }
    }),
    { seed: 20_261_130, numRuns: 300 },
  );
});
