// The way back of a service whose usual period is not known, and causes that stay true. Times are seconds from the first cell.
import { describe, expect, it } from "vitest";
import type { HealthRun } from "../events/health-run.ts";
import { HealthCells } from "./cell.ts";
import { every, inWords, type Pulse, runsOf, START } from "./testing/judging.ts";
import { DAY } from "./testing/senders.ts";
import { judge, LOOKBACK_MS, type TimelineState, withJudged } from "./timeline.ts";

const CALM = "two pulses in a row were well, and for a minute none was degraded or down";
const at = (seconds: number) => new Date(START + seconds * 1000).toISOString();

const cases: { name: string; pulses: Pulse[]; until?: number; leastPulses?: number; told: string[] }[] = [
  {
    name: "is up again a minute after its one bad pulse, while nothing comes, since the first that was well",
    pulses: [
      [3, "down"],
      [18, "ok"],
      [23, "ok"],
    ],
    until: 330,
    told: [`down since 3, known 10: 1 of 3 pulses said down, the last at ${at(3)}`, `up since 18, known 70: ${CALM}`],
  },
  {
    name: "stays up with the next pulse that is well",
    pulses: [
      [3, "down"],
      [18, "ok"],
      [23, "ok"],
      [370, "ok"],
    ],
    told: [`down since 3, known 10: 1 of 3 pulses said down, the last at ${at(3)}`, `up since 18, known 70: ${CALM}`],
  },
  {
    name: "is up again where a bad pulse came within seconds of the first one",
    pulses: [
      [0, "200"],
      [4, "503"],
      [16, "200"],
      [22, "ok"],
    ],
    until: 700,
    told: [`down since 0, known 10: 1 of 4 pulses said 503, the last at ${at(4)}`, `up since 16, known 70: ${CALM}`],
  },
  {
    name: "is down with one pulse that is well, and its cause calls no pulse the newest",
    pulses: [
      [3, "down"],
      [18, "ok"],
    ],
    until: 3600,
    told: ["down since 3, known 10: one pulse said down"],
  },
  {
    name: "is up again with the second that is well, when the minute has passed",
    pulses: [
      [3, "down"],
      [200, "ok"],
      [420, "ok"],
    ],
    told: ["down since 3, known 10: one pulse said down", `up since 200, known 430: ${CALM}`],
  },
  {
    name: "is up again where as many in a row were well as were bad",
    pulses: [
      [3, "down"],
      [14, "down"],
      [23, "ok"],
      [31, "ok"],
    ],
    until: 3600,
    told: ["down since 3, known 10: 2 of 3 pulses said down", `up since 23, known 80: ${CALM}`],
  },
  {
    name: "is up again where more were bad, once enough of them have left the window",
    pulses: [
      [3, "down"],
      [14, "down"],
      [21, "down"],
      [25, "down"],
      [33, "ok"],
      [41, "ok"],
    ],
    until: 3600,
    told: ["down since 3, known 10: 4 of 4 pulses said down", `up since 33, known 920: ${CALM}`],
  },
  {
    name: "is no more degraded by what it has recovered from",
    pulses: [
      [3, "503"],
      [14, "503"],
      [23, "ok"],
      [31, "ok"],
      [204, "ok"],
    ],
    leastPulses: 1,
    told: ["down since 3, known 10: 2 of 3 pulses said 503", `up since 23, known 80: ${CALM}`],
  },
  {
    name: "is down by a batch of which half fails, whatever its last pulses say",
    pulses: every(0.01, 0, 10, (i) => (i < 990 && (i % 2 === 0 || i < 100) ? "err" : "ok")),
    until: DAY,
    told: ["down since 0, known 10: 545 of 1000 pulses said err"],
  },
  {
    name: "is down while every second pulse is bad, and does not change with each",
    pulses: every(11, 3, 60, (i) => (i % 2 === 0 ? "503" : "ok")),
    until: 3600,
    told: ["down since 3, known 10: 2 of 3 pulses said 503"],
  },
];

/** The runs as a keeper finds them that looks every so many seconds, with the cells that it still has. */
function runsInSteps(pulses: readonly Pulse[], { seconds, until }: { seconds: number; until: number }): HealthRun[] {
  let [state, runs]: [TimelineState | undefined, HealthRun[]] = [undefined, []];
  for (let now = seconds; now < until + seconds; now += seconds) {
    const neededFrom = (state?.judgedUntil ?? 0) - LOOKBACK_MS;
    const cells = new HealthCells();
    for (const [time, status] of pulses)
      if (time < now && START + time * 1000 >= neededFrom) cells.add(START + time * 1000, status);
    const judged = judge({ settings: {}, state, cells: cells.list(), until: START + Math.min(now, until) * 1000 });
    state = JSON.parse(JSON.stringify(judged.states.at(-1))) as TimelineState;
    runs = withJudged(runs, judged);
  }
  return runs;
}

describe("a service without a usual period", () => {
  it.each(cases)("$name", ({ pulses, until, leastPulses = 2, told }) => {
    expect(inWords(runsOf(pulses, { ...(until !== undefined && { until }), settings: { leastPulses } }))).toEqual(told);
  });

  it.each(cases.filter(({ leastPulses }) => leastPulses === undefined))(
    "$name, by a keeper that looks again and again",
    ({ pulses, told }) => {
      for (const seconds of [10, 130]) {
        const runs = runsInSteps(pulses, { seconds, until: 3600 });
        expect(inWords(runs)).toEqual(told);
      }
    },
  );
});
