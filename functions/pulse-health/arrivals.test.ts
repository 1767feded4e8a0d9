import { describe, expect, it } from "vitest";
import { lagsOf } from "../../health/memory.ts";
import { Arrivals } from "./arrivals.ts";
import { type KeptStore, openKeptStore } from "./testing/keepers.ts";

const MINUTE = 60;

interface Arriving {
  at: number;
  arrival: number;
}

/**
 * Looks every 10 s at what has come of pulses; tells what the keeper says each time, as `[minutes, health]`.
 * @param killedAt when another keeper takes its place
 */
async function watch(
  kept: KeptStore,
  pulses: readonly Arriving[],
  until: number,
  killedAt?: number,
): Promise<[number, string][]> {
  let keeper = kept.keeper();
  const said: [number, string][] = [];
  for (let look = 10; look <= until; look += 10) {
    const come = pulses.filter(({ arrival }) => arrival > look - 10 && arrival <= look);
    if (come.length > 0) await kept.pulses(come.map(({ at }) => ({ service: "meter", at, status: "ok" })));
    if (look === killedAt) keeper = kept.keeper();
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
  it("is not late between the ten minutes that it hands in at once, from the first time on, although the keeper is killed", async () => {
    const kept = openKeptStore();
    expect(await watch(kept, buffered(40 * MINUTE), 45 * MINUTE, 15 * MINUTE)).toEqual([[10, "up"]]);
    expect((await kept.kept("meter")).map(([, health]) => health)).toEqual(["up"]);
  });

  it("is not late either where it hands them in minutes after the newest of them", async () => {
    const pulses = buffered(20 * MINUTE).map(({ at, arrival }) => ({ at, arrival: arrival + 5 * MINUTE }));
    expect(await watch(openKeptStore(), pulses, 30 * MINUTE)).toEqual([[15, "up"]]);
  });

  it("is late the first three times where nobody saw how its first pulses came", async () => {
    const kept = openKeptStore();
    const [first, ...all] = [buffered(10 * MINUTE), buffered(40 * MINUTE)] as const;
    await kept.pulses(first.map(({ at }) => ({ service: "meter", at: at - 10 * MINUTE, status: "ok" })));
    const said = await watch(kept, all.flat(), 40 * MINUTE);
    expect(said.map(([, health]) => health)).toEqual(["up", "late", "up", "late", "up", "late", "up"]);
    expect(said.at(-1)?.[0]).toBe(30);
  });

  it("is late so much later once it is silent, be it after the first time, since its pulse was due", async () => {
    const kept = openKeptStore();
    expect(await watch(kept, buffered(10 * MINUTE), 25 * MINUTE)).toEqual([
      [10, "up"],
      [expect.closeTo(10 + 10 + 2, 0), "late"],
    ]);
    expect((await kept.kept("meter")).at(-1)).toEqual([10 * MINUTE, "late"]);
  });

  it("is late as soon as others where it began with a queue that is emptied once, or a file of hours", async () => {
    const steady = Array.from({ length: 6 }, (_, i) => ({ at: 600 + i * 20, arrival: 602 + i * 20 }));
    const file = Array.from({ length: 300 }, (_, i) => ({ at: 600 - (i + 1) * 20, arrival: 600 }));
    const [queue, late] = [buffered(10 * MINUTE), [expect.closeTo(14, 0), "late"]];
    for (const pulses of [
      [...queue, ...steady],
      [...file, ...steady],
      file.map((one) => ({ ...one, at: one.at + 110 })),
    ])
      expect((await watch(openKeptStore(), pulses, 16 * MINUTE, 15 * MINUTE)).at(-1)).toEqual(late);
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
    await watch(other, buffered(40 * MINUTE), 40 * MINUTE);
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
