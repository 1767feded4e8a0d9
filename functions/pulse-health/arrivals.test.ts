import { describe, expect, it } from "vitest";
import { lagsOf } from "../../health/memory.ts";
import { Arrivals } from "./arrivals.ts";
import { type KeptStore, openKeptStore } from "./testing/keepers.ts";

const MINUTE = 60;

interface Arriving {
  at: number;
  arrival: number;
}

/** Looks every 10 s at what has come of pulses; tells what the keeper says each time, as `[minutes, health]`. */
async function watch(kept: KeptStore, pulses: readonly Arriving[], until: number): Promise<[number, string][]> {
  const keeper = kept.keeper();
  const said: [number, string][] = [];
  for (let look = 10; look <= until; look += 10) {
    const come = pulses.filter(({ arrival }) => arrival > look - 10 && arrival <= look);
    if (come.length > 0) await kept.pulses(come.map(({ at }) => ({ service: "meter", at, status: "ok" })));
    await kept.look(keeper, look);
    const health = [...keeper.judged()][0]?.run.health;
    if (health !== undefined && health !== said.at(-1)?.[1]) said.push([look / MINUTE, health]);
  }
  return said;
}

/** How far its clock is behind by what is kept, in minutes. */
async function clockOf({ store }: KeptStore): Promise<number> {
  return lagsOf(await store.health.memory("meter")).clockMs / 60_000;
}

/** A pulse every 20 s, which are handed in every ten minutes. */
function buffered(until: number): Arriving[] {
  return Array.from({ length: until / 20 }, (_, i) => {
    return { at: i * 20, arrival: (Math.floor(i / 30) + 1) * 10 * MINUTE };
  });
}

describe("a sender whose pulses come late", () => {
  it("is not late any more between the ten minutes that it hands in at once, after three times", async () => {
    const said = await watch(openKeptStore(), buffered(70 * MINUTE), 70 * MINUTE);
    expect(said.map(([, health]) => health)).toEqual(["up", "late", "up", "late", "up", "late", "up"]);
    expect(said.at(-1)?.[0]).toBe(40);
  });

  it("is late all the same once it is silent, so much later, since its pulse was due", async () => {
    const kept = openKeptStore();
    const said = await watch(kept, buffered(40 * MINUTE), 60 * MINUTE);
    expect(said.at(-1)).toEqual([expect.closeTo(40 + 10 + 2, 0), "late"]);
    expect((await kept.kept("meter")).at(-1)).toEqual([40 * MINUTE, "late"]);
  });

  it("is not silent because its clock is 20 minutes behind", async () => {
    const pulses = Array.from({ length: 40 }, (_, i) => ({ at: (i - 20) * MINUTE, arrival: i * MINUTE + 5 }));
    const kept = openKeptStore();
    const said = await watch(kept, pulses, 40 * MINUTE);
    expect(said.at(-1)?.[1]).toBe("up");
    expect(said.every(([minute]) => minute < 6)).toBe(true);
    expect((await kept.kept("meter")).map(([, health]) => health)).toEqual(["up"]);
    expect(await clockOf(kept)).toBeCloseTo(20, 0);
  });

  it("has its clock named until it is right again, and one that hands in ten minutes at once has none named", async () => {
    const behind = Array.from({ length: 20 }, (_, i) => ({ at: (i - 20) * MINUTE, arrival: i * MINUTE + 5 }));
    const kept = openKeptStore();
    await watch(kept, [...behind, { at: 20 * MINUTE, arrival: 20 * MINUTE + 5 }], 22 * MINUTE);
    expect(await clockOf(kept)).toBe(0);
    const other = openKeptStore();
    await watch(other, buffered(70 * MINUTE), 70 * MINUTE);
    expect(await clockOf(other)).toBe(0);
  });

  it("is one that was seen: pulses that came while nobody looked tell nothing of it", () => {
    const arrivals = new Arrivals();
    for (let i = 0; i < 4; i++) arrivals.note(0);
    expect(arrivals.lags).toEqual([]);
    arrivals.noteLook(1_000_000);
    for (let i = 0; i < 3; i++) arrivals.note(400_000);
    expect(arrivals.judgeableUntil(400_000, 1_000_000)).toBe(410_000);
    expect(arrivals.judgeableUntil(300_000, 1_000_000)).toBe(400_000);
    for (let i = 0; i < 8; i++) arrivals.note(1_000_000);
    expect(arrivals.lags).toEqual([]);
    expect(arrivals.judgeableUntil(400_000, 1_000_000)).toBe(1_000_000);
  });
});
