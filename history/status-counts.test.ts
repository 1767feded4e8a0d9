import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteReader, ByteWriter } from "./bytes.ts";
import { MAX_COUNTED, MAX_COUNTED_IN_ROLLUP, MAX_LISTED } from "./limits.ts";
import { StatusCounts } from "./status-counts.ts";

// Every run draws the same cases, so that a failure repeats.
fc.configureGlobal({ seed: 20_261_202 });

function countsOf(statuses: readonly string[]): StatusCounts {
  const counts = new StatusCounts();
  for (const status of statuses) counts.add(status);
  return counts;
}

const listOf = (statuses: readonly string[]) => countsOf(statuses).list();

const times = (count: number, text: string) => Array.from({ length: count }, () => text);
const different = (count: number) => Array.from({ length: count }, (_, i) => `id-${i}`);

describe("the counts of statuses", () => {
  it("have the most frequent first, and equal ones by their text", () => {
    expect(listOf(["b", "ok", "a", "ok"])).toMatchObject([
      { status: "ok", health: "up", count: 2 },
      { status: "a", health: "unknown", count: 1 },
      { status: "b", count: 1 },
    ]);
    expect(listOf([])).toEqual([]);
  });

  it("list the most frequent of up to 1,000, also when those come last", () => {
    const list = listOf([...different(MAX_COUNTED - 1), ...times(5, "ok")]);
    expect(list).toHaveLength(MAX_LISTED + 1);
    expect([list[0], list.at(-1)]).toMatchObject([
      { status: "ok", count: 5 },
      { status: null, health: null, count: MAX_COUNTED - MAX_LISTED },
    ]);
  });

  it("list, of more than 1,000, just those that at least every thousandth pulse has", () => {
    const rest = different(9945);
    expect(listOf([...rest, ...times(45, "ok"), ...times(10, "slow")])).toMatchObject([
      { status: "ok", count: 45 },
      { status: "slow", count: 10 },
      { status: null, count: 9945 },
    ]);
    expect(listOf([...rest, ...times(46, "ok"), ...times(9, "slow")])).toMatchObject([
      { status: "ok", count: 46 },
      { status: null, count: 9954 },
    ]);
  });

  it("are the same in any order", () => {
    const drawn = fc.array(
      fc.tuple(fc.constantFrom("ok", "slow", "down", "warn", "other"), fc.integer({ min: 1, max: 9 })),
    );
    const drawnOrder = fc.func(fc.integer());
    fc.assert(
      fc.property(drawn, fc.constantFrom(0, 900, 1200, 2500), drawnOrder, (often, rare, order) => {
        const statuses = [...different(rare), ...often.flatMap(([status, count]) => times(count, status))];
        const shuffled = statuses.toSorted((a, b) => order(a) - order(b));
        expect(listOf(shuffled)).toEqual(listOf(statuses));
      }),
      { numRuns: 15 },
    );
  });

  it("never miss a status that has a health, however many others there are", () => {
    expect(listOf([...different(5000), ...times(9, "timeout")])).toMatchObject([
      { status: "timeout", health: "down", count: 9 },
      { status: null, count: 5000 },
    ]);
  });

  it("of several spans add up to those of the whole, in any order, up to 100 different ones in a span", () => {
    const part = fc.array(fc.integer({ min: 0, max: MAX_COUNTED_IN_ROLLUP - 1 }).map((i) => `status ${i}`));
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), fc.func(fc.integer()), (parts, order) => {
        const sum = new StatusCounts();
        for (const one of parts.toSorted((a, b) => order(a) - order(b))) addWritten(sum, countsOf(one));
        expect(sum.list()).toEqual(listOf(parts.flat()));
      }),
      { numRuns: 50 },
    );
  });

  it("of a span with more keep its most frequent ones, and how many others there were", () => {
    const sum = new StatusCounts();
    addWritten(sum, countsOf([...different(300), ...times(400, "often"), ...times(300, "ok")]));
    addWritten(sum, countsOf(times(10, "often")));
    expect(sum.list().slice(0, 2)).toMatchObject([
      { status: "often", count: 410 },
      { status: "ok", count: 300 },
    ]);
    expect(sum.list().at(-1)).toMatchObject({ status: null, count: 300 });
  });
});

function addWritten(to: StatusCounts, from: StatusCounts): void {
  const bytes = new ByteWriter();
  from.write(bytes);
  to.addFrom(new ByteReader(bytes.finish()));
}
