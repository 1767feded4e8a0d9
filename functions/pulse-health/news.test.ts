import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { healthEventOf } from "../../events/health-event.ts";
import type { HealthRun } from "../../events/health-run.ts";
import { SERVICE_HEALTHS } from "../../events/service-health.ts";
import type { ToldRun } from "../../storage/health-ports.ts";
import { untoldOf } from "./news.ts";

const runAt = (since: number, health: HealthRun["health"]): HealthRun => ({
  since,
  health,
  confirmedAt: since + 10,
  cause: "2 of 2 pulses said 503",
});

/** What is told: `since previous>health revision`, with `!` where it revises. */
function told(runs: HealthRun[], before: ToldRun[] = [], from = 0): string[] {
  return [...untoldOf("checkout", { runs, told: before, from })].map(
    ({ news }) =>
      `${news.since} ${news.previous ?? ""}>${news.run?.health ?? "unknown"} ${news.revision}${news.isRevised ? "!" : ""}`,
  );
}

describe("news of a service", () => {
  const runs = [runAt(100, "up"), runAt(200, "down"), runAt(300, "up")];
  const asTold = runs.map(({ since, health }): ToldRun => ({ since, health, revision: 0 }));

  it("are its changes in the order of time, each with what was before", () => {
    expect(told(runs)).toEqual(["100 >up 0", "200 up>down 0", "300 down>up 0"]);
    expect(told(runs, asTold.slice(0, 1))).toEqual(["200 up>down 0", "300 down>up 0"]);
    expect(told(runs, asTold)).toEqual([]);
  });

  it("are none of what began before anything was told", () => {
    expect(told(runs, [], 150)).toEqual(["200 up>down 0", "300 down>up 0"]);
  });

  it("revise what was told once it is not so any more", () => {
    expect(told([runAt(100, "up")], asTold)).toEqual(["200 down>up 1!", "300 up>up 1!"]);
    expect(told([runAt(100, "up"), runAt(200, "degraded"), runAt(300, "up")], asTold)).toEqual([
      "200 down>degraded 1!",
    ]);
    expect(told([runAt(100, "up"), runAt(150, "late"), ...runs.slice(1)], asTold)).toEqual(["150 up>late 0!"]);
    const withdrawn = [asTold[0] as ToldRun, { since: 200, health: undefined, revision: 1 }];
    expect(told([runAt(100, "up")], withdrawn)).toEqual([]);
    expect(told(runs, withdrawn)).toEqual(["200 up>down 2!", "300 down>up 0"]);
  });

  it("say of the past what was told of it by then", () => {
    const late = [runAt(100, "up"), runAt(150, "late"), runAt(170, "degraded"), runAt(250, "late"), runAt(300, "up")];
    expect(told(late, asTold)).toEqual([
      "150 up>late 0!",
      "170 late>degraded 0!",
      "200 down>degraded 1!",
      "250 degraded>late 0!",
    ]);
  });

  it("are the same, incidents with them, however many of them a process tells before another goes on", () => {
    const health = fc.constantFrom(...SERVICE_HEALTHS);
    const kept = fc.uniqueArray(fc.record({ minute: fc.nat(40), health }), { selector: ({ minute }) => minute });
    fc.assert(
      fc.property(kept, kept, fc.nat(10), (before, after, count) => {
        const runsOf = (all: typeof before) =>
          all.sort((a, b) => a.minute - b.minute).map(({ minute, health }) => runAt(minute * 60_000, health));
        const asked = { runs: runsOf(after), from: 0 };
        const first = runsOf(before).map(({ since, health }): ToldRun => ({ since, health, revision: 0 }));
        const all = [...untoldOf("checkout", { ...asked, told: first })];
        const some = all.slice(0, count);
        const noted = new Map([...first, ...some.map((one) => one.told)].map((one) => [one.since, one]));
        const told = [...noted.values()].sort((a, b) => a.since - b.since);
        expect([...some, ...untoldOf("checkout", { ...asked, told })]).toEqual(all);
      }),
      { seed: 20_261_201 },
    );
  });

  it("are found in a few steps for each run and each that was told", () => {
    let steps = 0;
    const counted = <T extends { since: number }>(one: T): T =>
      Object.defineProperty({ ...one }, "since", {
        get: () => {
          steps++;
          return one.since;
        },
      });
    const all = Array.from({ length: 4000 }, (_, i) => runAt(i * 40_000, i % 2 === 0 ? "up" : "down"));
    const half = all.slice(0, 2000).map(({ since, health }) => counted<ToldRun>({ since, health, revision: 0 }));
    const untold = [...untoldOf("checkout", { runs: all.map(counted), told: half, from: 0 })];
    expect([untold.length, untold.every(({ incident }) => incident !== undefined)]).toEqual([2000, true]);
    expect(steps).toBeLessThan(10 * (all.length + half.length));
  });

  it("are events with the same id from every keeper, and Triggers can filter them", () => {
    const [, down] = untoldOf("checkout", { runs, told: [], from: 0 });
    const event = healthEventOf(down?.news as never);
    expect(event).toMatchObject({
      id: "checkout/200/down/0",
      source: "/pulse-health",
      type: "dev.pulsemesh.health.changed.v1",
      subject: "checkout",
      time: "1970-01-01T00:00:00.210Z",
      extensions: { health: "down", previoushealth: "up", partitionkey: "checkout" },
    });
    expect(JSON.parse(String((event.data as { bytes: Buffer }).bytes))).toEqual({
      service_name: "checkout",
      health: "down",
      previous_health: "up",
      since: "1970-01-01T00:00:00.200Z",
      confirmed_at: "1970-01-01T00:00:00.210Z",
      cause: "2 of 2 pulses said 503",
      revision: 0,
    });
  });
});
