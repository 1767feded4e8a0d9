import { describe, expect, it } from "vitest";
import type { HealthRun } from "../events/health-run.ts";
import type { ServiceHealth } from "../events/service-health.ts";
import { flappingSpans, incidentsOf } from "./incidents.ts";

const MINUTE = 60_000;

/** Runs that begin at some minutes. */
function runsOf(...runs: [minute: number, health: ServiceHealth][]): HealthRun[] {
  return runs.map(([minute, health]) => ({ since: minute * MINUTE, health, confirmedAt: minute * MINUTE, cause: "" }));
}

function inMinutes(runs: HealthRun[], maintenance: [from: number, to: number][] = []) {
  const spans = maintenance.map(([from, to]) => ({ from: from * MINUTE, to: to * MINUTE }));
  return incidentsOf(runs, spans).map(({ since, until, health, runs: all }) => [
    since / MINUTE,
    until === undefined ? "open" : until / MINUTE,
    health,
    all.length,
  ]);
}

describe("incidents", () => {
  it("are the times of being down, late or degraded, with the worst of them", () => {
    const runs = runsOf(
      [0, "up"],
      [10, "degraded"],
      [12, "down"],
      [20, "up"],
      [60, "late"],
      [70, "unknown"],
      [90, "up"],
    );
    expect(inMinutes(runs)).toEqual([
      [10, 20, "down", 2],
      [60, 90, "late", 1],
    ]);
  });

  it("go on while nothing is known, and end with what is", () => {
    const runs = runsOf([0, "up"], [10, "down"], [20, "unknown"], [40, "down"], [50, "unknown"]);
    expect(inMinutes(runs)).toEqual([[10, "open", "down", 2]]);
    expect(inMinutes([...runs, ...runsOf([60, "up"])])).toEqual([[10, 60, "down", 2]]);
    // What was well before stays so.
    expect(inMinutes(runsOf([0, "down"], [10, "up"], [11, "unknown"], [40, "down"]))).toEqual([
      [0, 10, "down", 1],
      [40, "open", "down", 1],
    ]);
    expect(inMinutes(runsOf([0, "unknown"]))).toEqual([]);
  });

  it("are one when less than five minutes lie between, and two from five minutes on", () => {
    const runs = (pause: number) => runsOf([0, "up"], [10, "down"], [20, "up"], [20 + pause, "late"], [40, "up"]);
    expect(inMinutes(runs(4.99))).toEqual([[10, 40, "down", 2]]);
    expect(inMinutes(runs(5))).toHaveLength(2);
  });

  it("are open while the last run is bad", () => {
    expect(inMinutes(runsOf([0, "up"], [10, "down"]))).toEqual([[10, "open", "down", 1]]);
    expect(inMinutes(runsOf([0, "down"], [10, "up"], [11, "late"]))).toEqual([[0, "open", "down", 2]]);
  });

  it("begin when maintenance ends, and none is in it", () => {
    const runs = runsOf([0, "up"], [10, "down"], [20, "up"], [60, "down"], [70, "up"]);
    expect(
      inMinutes(runs, [
        [5, 15],
        [50, 80],
      ]),
    ).toEqual([[15, 20, "down", 1]]);
    expect(inMinutes(runsOf([0, "down"]), [[10, 12]])).toEqual([[0, "open", "down", 1]]);
    expect(inMinutes(runsOf([0, "down"]), [[10, 20]])).toEqual([
      [0, 10, "down", 1],
      [20, "open", "down", 1],
    ]);
  });
});

describe("flapping", () => {
  const changes = (...minutes: number[]) =>
    runsOf([0, "up"], ...minutes.map((minute, i): [number, ServiceHealth] => [minute, i % 2 === 0 ? "down" : "up"]));
  const spans = (runs: HealthRun[]) => flappingSpans(runs).map(({ from, to }) => [from / MINUTE, to / MINUTE]);

  it("begins with the fifth change in an hour, and ends when there are four", () => {
    expect(spans(changes(10, 20, 30, 40))).toEqual([]);
    expect(spans(changes(10, 20, 30, 40, 69))).toEqual([[69, 70]]);
    expect(spans(changes(10, 20, 30, 40, 70))).toEqual([]);
  });

  it("goes on as one while changes do", () => {
    expect(spans(changes(10, 20, 30, 40, 50, 60, 75, 80, 300, 301, 302, 303, 304))).toEqual([
      [50, 100],
      [304, 360],
    ]);
  });
});
