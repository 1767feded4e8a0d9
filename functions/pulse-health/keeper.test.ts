import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { learntPeriodOf } from "../../health/memory.ts";
import { openKeptStore } from "./testing/keepers.ts";

/** The times of looks, in s. */
function* looks(from: number, to: number, every = 10): Generator<number> {
  for (let at = from; at <= to; at += every) yield at;
}

describe("the keeper", () => {
  it("says how a service is and since when, and writes only what has changed", async () => {
    const kept = openKeptStore();
    const changed: string[] = [];
    const keeper = kept.keeper({ onChanged: (service) => changed.push(service) });
    for (const at of looks(0, 600)) {
      if (at % 60 === 0) await kept.pulse("checkout", at + 1, at === 300 || at === 360 ? "503" : "ok");
      await kept.look(keeper, at + 10);
    }
    expect(await kept.kept("checkout")).toEqual([
      [1, "up"],
      [301, "down"],
      [421, "up"],
    ]);
    // Seen first, and each of its runs.
    expect(changed).toEqual(Array(4).fill("checkout"));
    expect(await kept.runs("checkout")).toEqual(await kept.fromNothing("checkout"));
    expect([...keeper.judged()].map(({ service, run }) => [service, run.health])).toEqual([["checkout", "up"]]);
  });

  it("says that a service is late, as long as PulseMesh itself was there to see", async () => {
    const kept = openKeptStore();
    const keeper = kept.keeper();
    await kept.ownPulses(0, 1200);
    for (let at = 1; at < 600; at += 60) await kept.pulse("checkout", at);
    for (const at of looks(600, 1200)) await kept.look(keeper, at);
    expect(await kept.kept("checkout")).toEqual([
      [1, "up"],
      [601, "late"],
    ]);
  });

  it("says unknown where its own pulse is missing, and not late", async () => {
    const kept = openKeptStore();
    const keeper = kept.keeper();
    await kept.ownPulses(0, 560);
    for (let at = 1; at < 560; at += 60) await kept.pulse("checkout", at);
    for (const at of looks(560, 2000)) await kept.look(keeper, at);
    expect((await kept.kept("checkout")).map(([, health]) => health)).toEqual(["up", "unknown"]);
    const blind = [{ from: 550, to: 2000 }].map(({ from, to }) => ({
      from: kept.clock.now - 3000 - (2000 - from) * 1000,
      to: kept.clock.now - 3000 - (2000 - to) * 1000,
    }));
    expect(await kept.runs("checkout")).toEqual(await kept.fromNothing("checkout", blind));
  });

  it("remembers the first usual period that it learns at once", async () => {
    const kept = openKeptStore();
    const keeper = kept.keeper();
    const learnt = async () => {
      const memory = await kept.store.health.memory("checkout");
      return memory && learntPeriodOf(memory)?.usualMs;
    };
    for (const at of looks(0, 240)) {
      if (at % 60 === 0) await kept.pulse("checkout", at + 1);
      await kept.look(keeper, at + 10);
    }
    expect(await learnt()).toBe(60_000);
  });

  it("heals what it said when pulses come late: a little late, by an hour, and before all others", async () => {
    const kept = openKeptStore();
    const keeper = kept.keeper();
    for (const at of looks(0, 4800, 60)) {
      if (at !== 600 && at !== 4200) await kept.pulse("checkout", at + 1);
      await kept.look(keeper, at + 20);
      if (at === 4200) await kept.pulse("checkout", 4202, "down");
      if (at === 4260) for (const late of [601, 603, 604]) await kept.pulse("checkout", late, "503");
      if (at === 4320) await kept.pulse("checkout", 4201, "down");
      if (at === 4380) await kept.pulse("checkout", -3000, "503");
    }
    // Marks of every service are read once in 30 rounds.
    for (const at of looks(4830, 5130)) await kept.look(keeper, at);
    expect(await kept.runs("checkout")).toEqual(await kept.fromNothing("checkout"));
    expect((await kept.kept("checkout")).filter(([, health]) => health === "down").map(([at]) => at)).toEqual([
      -3000, 601, 4201,
    ]);
  });

  it("finds the same alone, beside another one, killed at any time, and from nothing, in whatever order pulses come", async () => {
    const pulses = fc.array(
      fc.record({
        at: fc.integer({ min: 0, max: 1500 }),
        // In s: most come at once.
        delay: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 900 })),
        status: fc.constantFrom("ok", "ok", "ok", "503", "slow"),
      }),
      { minLength: 3, maxLength: 80 },
    );
    const kills = fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(pulses, kills, async (all, killedAt) => {
        const kept = openKeptStore();
        let keepers = [kept.keeper(), kept.keeper()] as const;
        for (const at of looks(0, 3000, 30)) {
          for (const { at: time, delay, status } of all) {
            if (time + delay >= at - 30 && time + delay < at) await kept.pulse("checkout", time, status);
          }
          if (killedAt.includes(at / 30)) keepers = [kept.keeper(), keepers[0]];
          // One of them now and then is busy.
          for (const keeper of keepers) if (at % 210 !== 0 || keeper !== keepers[1]) await kept.look(keeper, at);
        }
        expect(await kept.runs("checkout")).toEqual(await kept.fromNothing("checkout"));
      }),
      { numRuns: 4, seed: 20_261_130 },
    );
  });
});
