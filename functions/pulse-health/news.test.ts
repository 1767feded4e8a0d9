import { describe, expect, it } from "vitest";
import { healthEventOf } from "../../events/health-event.ts";
import type { HealthRun } from "../../events/health-run.ts";
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
  return untoldOf("checkout", { runs, told: before, from }).map(
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
