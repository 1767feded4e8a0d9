import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HEALTHS } from "../events/health.ts";
import { HealthCell, HealthCells } from "./cell.ts";

// Every run draws the same cases, so that a failure repeats.
fc.configureGlobal({ seed: 20_261_208 });

const words = ["ok", "slow", "503", "timeout", "strange", ...Array.from({ length: 12 }, (_, i) => `odd ${i}`)];
const pulses = fc.array(fc.tuple(fc.nat(50_000), fc.constantFrom(...words)), { maxLength: 100 });

function cellsOf(all: readonly (readonly [number, string])[]) {
  const cells = new HealthCells();
  for (const [time, status] of all) cells.add(time, status);
  return cells.list().map((cell) => ({
    start: cell.start,
    counts: HEALTHS.map((health) => cell.countOf(health)),
    first: HEALTHS.map((health) => cell.firstOf(health)),
    last: HEALTHS.map((health) => cell.lastOf(health)),
    said: cell.said.toSorted((a, b) => (a.status < b.status ? -1 : 1)),
  }));
}

describe("cells", () => {
  it("are the same in any order of counting", () => {
    fc.assert(
      fc.property(pulses, fc.func(fc.integer()), (drawn, order) => {
        expect(cellsOf(drawn.toSorted((a, b) => order(a) - order(b)))).toEqual(cellsOf(drawn));
      }),
    );
  });

  it("count the statuses that tell something, however many do not", () => {
    const cell = new HealthCell(0);
    for (let i = 0; i < 1000; i++) cell.add(i, `odd ${i % 100}`);
    cell.add(5, "503");
    expect(cell.said).toHaveLength(8);
    expect(cell.said).toContainEqual({ status: "503", health: "down", count: 1 });
    expect(HEALTHS.map((health) => cell.countOf(health))).toEqual([0, 0, 1, 1000]);
  });

  it.each<[pulses: [number, string][], newest: [string, string | undefined]]>([
    [[[1, "ok"]], ["up", undefined]],
    [
      [
        [1, "ok"],
        [2, "ok"],
      ],
      ["up", "up"],
    ],
    [
      [
        [1, "ok"],
        [2, "503"],
      ],
      ["down", "up"],
    ],
    [
      [
        [1, "503"],
        [2, "503"],
        [3, "ok"],
      ],
      ["up", "down"],
    ],
    [
      [
        [1, "ok"],
        [2, "503"],
        [3, "503"],
      ],
      ["down", "down"],
    ],
    [
      [
        [1, "ok"],
        [1, "503"],
      ],
      ["down", "up"],
    ],
    [
      [
        [1, "503"],
        [2, "strange"],
      ],
      ["down", undefined],
    ],
    [[[1, "strange"]], ["unknown", undefined]],
  ])("know the newest of %j", (all, newest) => {
    const cell = new HealthCell(0);
    for (const [time, status] of all) cell.add(time, status);
    expect(cell.newest()).toEqual(newest);
  });
});
