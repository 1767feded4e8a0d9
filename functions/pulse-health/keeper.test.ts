import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { learntPeriodOf } from "../../health/memory.ts";
import { openSqlitePulseStore } from "../../storage/sqlite/pulse-store.ts";
import { temporaryFolder } from "../../storage/testing/temporary-folder.ts";
import { describeKeepers } from "./testing/keeper-model.ts";
import { openKeptStore, RETENTION_MS } from "./testing/keepers.ts";

/** The times of looks, in s. */
function* looks(from: number, to: number, every = 10): Generator<number> {
  for (let at = from; at <= to; at += every) yield at;
}

/** A time for each minute, in s. */
function range(from: number, to: number): number[] {
  return Array.from({ length: (to - from) / 60 }, (_, i) => from + i * 60 + 1);
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

  it("says nothing of silence until it is known whether PulseMesh saw, so that its own outage makes nobody late", async () => {
    const kept = openKeptStore();
    const said: string[] = [];
    const keeper = kept.keeper();
    // Its last pulse was almost late when PulseMesh went away.
    await kept.ownPulses(0, 560);
    for (let at = 41; at < 380; at += 60) await kept.pulse("checkout", at);
    for (const at of looks(400, 900)) {
      await kept.look(keeper, at);
      for (const { run } of keeper.judged()) if (run.health !== said.at(-1)) said.push(run.health);
    }
    expect(said).toEqual(["up", "unknown"]);
    await kept.ownPulses(900, 960);
    await kept.pulse("checkout", 901);
    for (const at of looks(910, 950)) await kept.look(keeper, at);
    expect((await kept.kept("checkout")).map(([, health]) => health)).toEqual(["up", "unknown", "up"]);
  });

  it("takes back that it was blind once its own pulses come late, within the hour or long after", async () => {
    const kept = openKeptStore();
    const keeper = kept.keeper();
    await kept.ownPulses(0, 600);
    await kept.ownPulses(900, 8000);
    for (const at of [...range(0, 600), ...range(900, 8000)]) await kept.pulse("checkout", at);
    for (const at of looks(1000, 1300)) await kept.look(keeper, at);
    expect((await kept.kept("checkout")).map(([, health]) => health)).toEqual(["up", "unknown", "up"]);
    for (const at of looks(7000, 7200)) await kept.look(keeper, at);
    await kept.ownPulses(600, 900);
    for (const at of looks(7200, 7800)) await kept.look(keeper, at);
    expect((await kept.kept("checkout")).map(([, health]) => health)).toEqual(["up", "late", "up"]);
  });

  it("counts all that comes at once after a silence, at the next look", async () => {
    const kept = openKeptStore();
    const keeper = kept.keeper();
    for (const at of range(0, 600)) await kept.pulse("checkout", at);
    for (const at of looks(600, 1200)) await kept.look(keeper, at);
    const buffered = range(600, 1200).map((at) => ({ service: "checkout", at, status: at < 900 ? "503" : "ok" }));
    await kept.pulses(buffered);
    await kept.look(keeper, 1210);
    expect((await kept.kept("checkout")).map(([, health]) => health)).toEqual(["up", "down", "up"]);
    expect(await kept.runs("checkout")).toEqual(await kept.fromNothing("checkout"));
  });

  it("counts what comes at once after an hour of silence, although it lies before all that it still knows", async () => {
    const kept = openKeptStore();
    const keeper = kept.keeper();
    for (const at of range(0, 600)) await kept.pulse("checkout", at);
    for (const at of looks(600, 4200, 30)) await kept.look(keeper, at);
    const handedIn = range(600, 1200).map((at) => ({ service: "checkout", at, status: at < 900 ? "503" : "ok" }));
    await kept.pulses(handedIn);
    await kept.look(keeper, 4210);
    expect((await kept.kept("checkout")).map(([, health]) => health)).toEqual(["up", "down", "up", "late"]);
    expect(await kept.runs("checkout")).toEqual(await kept.fromNothing("checkout"));
  });

  it("counts what comes so little late that it leaves no mark, behind newer pulses", async () => {
    const kept = openKeptStore();
    const keeper = kept.keeper();
    for (const at of looks(0, 800)) {
      if (at % 20 === 0) await kept.pulse("checkout", at + 1);
      await kept.look(keeper, at + 10);
      if (at === 600) for (const late of [583, 585, 587]) await kept.pulse("checkout", late, "503");
    }
    expect((await kept.kept("checkout")).map(([, health]) => health)).toEqual(["up", "down", "up"]);
    expect(await kept.runs("checkout")).toEqual(await kept.fromNothing("checkout"));
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
});

describeKeepers({
  name: "keepers of a file",
  runs: 3,
  open: async (now) =>
    openSqlitePulseStore({
      file: join(temporaryFolder(), "pulses.db"),
      maxBytes: 2 ** 30,
      retentionMs: RETENTION_MS,
      now,
    }),
});
