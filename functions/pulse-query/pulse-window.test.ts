import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PulseReader, StoredPulse } from "../../storage/ports.ts";
import { type Gap, MAX_WINDOW, PulseWindow } from "./pulse-window.ts";

// Every run draws the same cases, so that a failure repeats.
fc.configureGlobal({ seed: 20_261_203 });

/** A store of one service, which counts the pages that are read of it. */
class Shelf implements Pick<PulseReader, "page"> {
  pulses: StoredPulse[] = [];
  pages = 0;
  #newestFirst: StoredPulse[] = [];

  put(...times: number[]): void {
    for (const event_time of times) {
      const id = String(this.pulses.length);
      this.pulses.push({ service_name: "a", event_time, latency_ms: 1, status: "ok", id, source: "/" });
    }
  }

  get newestFirst(): StoredPulse[] {
    if (this.#newestFirst.length === this.pulses.length) return this.#newestFirst;
    this.#newestFirst = this.pulses.toSorted((a, b) => b.event_time - a.event_time || (a.id < b.id ? -1 : 1));
    return this.#newestFirst;
  }

  async page(_: string, __: object, limit: number, cursor = "0") {
    this.pages++;
    const end = Number(cursor) + limit;
    const pulses = this.newestFirst.slice(Number(cursor), end);
    return { ok: true as const, value: { pulses, ...(end < this.pulses.length && { cursor: String(end) }) } };
  }
}

const upTo = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);

async function look(window: PulseWindow): Promise<string[]> {
  return window.take(await window.read()).map(({ pulse }) => pulse.id);
}

describe("the window of a service's newest pulses", () => {
  it("takes one short page to find that nothing is new", async () => {
    const shelf = new Shelf();
    shelf.put(...Array.from({ length: 2000 }, (_, i) => i));
    const window = new PulseWindow(shelf, "a");
    expect(await look(window)).toHaveLength(MAX_WINDOW);
    shelf.pages = 0;
    for (let i = 0; i < 9; i++) expect(await look(window)).toEqual([]);
    expect(shelf.pages).toBe(9);
  });

  it("sees each of the newest pulses once within ten readings, in any order", async () => {
    const bursts = fc.array(fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 120 }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(bursts, async (drawn) => {
        const shelf = new Shelf();
        const window = new PulseWindow(shelf, "a");
        const seen: string[] = [];
        for (const times of [...drawn, ...Array(10).fill([])]) {
          shelf.put(...times);
          seen.push(...(await look(window)));
        }
        expect(new Set(seen).size).toBe(seen.length);
        const newest = shelf.newestFirst.slice(0, MAX_WINDOW).map(({ id }) => id);
        expect(newest.filter((id) => !seen.includes(id))).toEqual([]);
        expect(window.newest(MAX_WINDOW).map(({ pulse }) => pulse.id)).toEqual(newest.reverse());
        expect(window.after(0).map(({ order }) => order)).toEqual(
          window
            .newest(MAX_WINDOW)
            .map(({ order }) => order)
            .sort((a, b) => a - b),
        );
      }),
      { numRuns: 50 },
    );
  });

  it("has no gap unless more pulses came than it holds", async () => {
    const shelf = new Shelf();
    const window = new PulseWindow(shelf, "a");
    const gapAfter = async (...times: number[]) => {
      const { lastOrder, edge } = window;
      shelf.put(...times);
      await look(window);
      return window.gapAfter(lastOrder, edge);
    };
    expect(await gapAfter()).toBeUndefined();
    expect(await gapAfter(...upTo(1, 400))).toBeUndefined();
    expect(await gapAfter(...upTo(1001, 498))).toBeUndefined();
    expect(await gapAfter(...upTo(2001, MAX_WINDOW))).toBeUndefined();
    expect(await gapAfter(...upTo(3001, 700))).toEqual({ from: 2001, to: 3202 });
    expect(await gapAfter(...upTo(1, 300))).toBeUndefined();
  });

  it.each([
    { rates: [20, 20], flushes: [5, 5], ahead: 0, isWithoutGap: true },
    { rates: [40, 40], flushes: [5, 5], ahead: 0, isWithoutGap: true },
    { rates: [100, 100], flushes: [5, 5], ahead: 0, isWithoutGap: false },
    { rates: [1, 100], flushes: [1, 1], ahead: 120, isWithoutGap: true },
    { rates: [1, 100], flushes: [1, 1], ahead: 300, isWithoutGap: false },
  ])(
    "tells of every pulse by itself or by a gap: $rates a second, sent each $flushes s, the first $ahead s ahead",
    async (instances) => {
      const shelf = new Shelf();
      const window = new PulseWindow(shelf, "a");
      const { rates, flushes, ahead, isWithoutGap } = instances;
      shelf.put(...upTo(0, ahead).map((second) => second * 1000));
      const seen = new Set(await look(window));
      const gaps: Gap[] = [];
      for (let second = 1; second <= 30; second++) {
        for (const [i, rate] of rates.entries()) {
          const flush = flushes[i] as number;
          // The instances do not send at the same time.
          if (second % flush !== (2 * i) % flush) continue;
          const from = second - flush + (i === 0 ? ahead : 0);
          shelf.put(...Array.from({ length: rate * flush }, (_, at) => Math.floor((from + at / rate) * 1000)));
        }
        const { lastOrder, edge } = window;
        for (const id of await look(window)) seen.add(id);
        const gap = window.gapAfter(lastOrder, edge);
        if (gap !== undefined) gaps.push(gap);
      }
      const untold = shelf.pulses.filter(
        ({ id, event_time: time }) => !seen.has(id) && !gaps.some(({ from = 0, to }) => from <= time && time < to),
      );
      expect(untold).toEqual([]);
      expect(gaps.length === 0).toBe(isWithoutGap);
    },
  );

  it("knows after any pulse whether it holds all that came since", async () => {
    const shelf = new Shelf();
    const window = new PulseWindow(shelf, "a");
    shelf.put(...upTo(10_000, MAX_WINDOW), ...upTo(1, 10));
    await look(window);
    const { lastOrder, edge } = window;
    shelf.put(...upTo(9_000, 5), ...upTo(20_000, 30));
    await look(window);
    expect(window.gapAfter(lastOrder, edge)).toBeUndefined();
    // The newest of all is known, and more came below it than the window holds.
    shelf.put(...upTo(11_000, 700));
    await look(window);
    expect(window.gapAfter(lastOrder, edge)).toEqual({ from: 10_000, to: 11_231 });
    shelf.put(...upTo(30_000, 10));
    await look(window);
    expect(window.gapAfter(lastOrder, edge)).toEqual({ from: 10_000, to: 11_241 });
    expect(window.gapAfter(window.lastOrder - 10, 11_230)).toBeUndefined();
  });

  it("without any pulse before, has a gap without a beginning", async () => {
    const shelf = new Shelf();
    const window = new PulseWindow(shelf, "a");
    await look(window);
    shelf.put(...Array.from({ length: MAX_WINDOW + 1 }, (_, i) => i + 1));
    await look(window);
    expect(window.gapAfter(0, 0)).toEqual({ to: 3 });
  });

  it("holds fewer large pulses", async () => {
    const shelf = new Shelf();
    shelf.put(...Array.from({ length: 100 }, (_, i) => i));
    for (const pulse of shelf.pulses) pulse.metadata = { large: "x".repeat(10_000) };
    const window = new PulseWindow(shelf, "a");
    expect(await look(window)).toHaveLength(25);
    expect(window.gapSince(10)).toEqual({ from: 10, to: 76 });
    expect(await look(window)).toEqual([]);
  });
});
