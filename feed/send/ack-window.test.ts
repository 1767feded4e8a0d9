import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AckWindow, type Stretch } from "./ack-window.ts";

// The same cases in every run, so that a failure can be repeated.
fc.configureGlobal({ seed: 20_261_124 });

function stretchTo(line: number): Stretch {
  return { end: { line, bytes: line * 10, crc: line }, accepted: 1, refused: 0 };
}

describe("AckWindow", () => {
  it("reaches no further than the first gap", () => {
    const window = new AckWindow({ end: { line: 0, bytes: 0, crc: 0 }, accepted: 5, refused: 1 });
    const acks = [1, 2, 3].map((line) => window.open(stretchTo(line)));
    acks[2]?.();
    acks[1]?.();
    expect(window.reached).toEqual({ end: { line: 0, bytes: 0, crc: 0 }, accepted: 5, refused: 1 });
    acks[0]?.();
    expect(window.reached).toEqual({ end: { line: 3, bytes: 30, crc: 3 }, accepted: 8, refused: 1 });
  });

  it("reaches the end when everything is answered, in any order", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...Array(20).keys()], { minLength: 20 }), (order) => {
        const window = new AckWindow({ end: { line: 0, bytes: 0, crc: 0 }, accepted: 0, refused: 0 });
        const acks = order.map((_, i) => window.open(stretchTo(i + 1)));
        const answered = new Set<number>();
        for (const i of order) {
          acks[i]?.();
          answered.add(i);
          const gap = acks.findIndex((_, at) => !answered.has(at));
          expect(window.reached.end.line).toBe(gap === -1 ? 20 : gap);
        }
      }),
    );
  });
});
