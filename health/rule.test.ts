// The table of cases. Times are seconds from the first pulse.
import { describe, expect, it } from "vitest";
import { clockLag, type Lags, noteNewest, usualLag, withClock } from "./lag.ts";
import type { Judging, Pulse } from "./testing/judging.ts";
import { every, inWords, runsOf, START } from "./testing/judging.ts";
import { DAY, HOUR, heartbeat, hourly, nights, replicas, stream } from "./testing/senders.ts";

/** The keeper judges so many seconds after the end of a cell. */
const SETTLE_S = 3;

interface Case extends Judging {
  name: string;
  pulses: Pulse[];
  /** Without the first run, which is up since the beginning. */
  told: string[];
}

const cases: Case[] = [
  { name: "of a heartbeat of a minute one failure changes nothing", pulses: heartbeat({ 20: "503" }), told: [] },
  {
    name: "the second failure of a heartbeat is down since the first",
    pulses: heartbeat({ 20: "503", 21: "timeout" }),
    told: [
      "down since 1200, known 1270: 2 of 3 pulses were down, 1 of them said 503",
      "up since 1320, known 1450: 3 of 3 pulses were well",
    ],
  },
  {
    name: "of a thousand a second one failure in a thousand is up",
    pulses: stream(0, 90, (i) => (i % 1000 === 7 ? "500" : "200")),
    told: [],
  },
  {
    name: "of a thousand a second a tenth is degraded with the first whole cell, since its first pulses to ten seconds",
    pulses: [...stream(0, 61, () => "200"), ...stream(61, 90, (i) => (i % 10 === 7 ? "500" : "200"))],
    told: ["degraded since 70.007, known 80: 1000 of 10000 pulses said 500"],
  },
  {
    name: "of a thousand a second a failure of all for a second is up",
    pulses: stream(0, 90, (i) => (i >= 61_000 && i < 62_000 ? "500" : "200")),
    told: [],
  },
  {
    name: "of a thousand a second all are down within 30 s, and up again as soon",
    pulses: [...stream(0, 61, () => "200"), ...stream(61, 120, () => "500"), ...stream(120, 150, () => "200")],
    told: [
      "down since 61, known 80: 19000 of 20000 pulses said 500",
      "up since 120, known 140: 20000 of 20000 pulses were well",
    ],
  },
  {
    name: "ten replicas of which two fail are degraded, and stay so",
    pulses: replicas(10, [3, 8]),
    told: ["degraded since 20.76, known 60: 2 of 10 pulses said 503"],
  },
  { name: "twenty replicas of which one fails are up", pulses: replicas(20, [3]), told: [] },
  {
    name: "two replicas of which one fails are down, and do not change with every pulse",
    pulses: [...every(60, 0, HOUR, "ok"), ...every(60, 31, HOUR, (i) => (i < 10 ? "ok" : "503"))],
    told: ["down since 631, known 700: 2 of 3 pulses said 503"],
  },
  {
    name: "a nightly job that fails once is down until the next night",
    pulses: [...nights([0, 1, 2, 3]), ...nights([4], "failed"), ...nights([5, 6])],
    told: [
      `down since ${4 * DAY}, known ${4 * DAY + 10}: one pulse said failed`,
      `up since ${5 * DAY}, known ${5 * DAY + 10}: one pulse was well`,
    ],
  },
  {
    name: "a nightly job that comes an hour late is not late",
    pulses: [...nights([0, 1, 2, 3]), [4 * DAY + HOUR, "ok"], ...nights([5, 6])],
    told: [],
  },
  {
    name: "a nightly job that does not come after three nights is late an hour after it was due",
    pulses: nights([0, 1, 2]),
    until: 9 * DAY,
    told: [
      `late since ${3 * DAY}, known ${3 * DAY + HOUR + 10}: no pulse for 1 d 1 h, where one usually comes within 1 d`,
    ],
  },
  {
    name: "a nightly job is up again with the pulse that comes at last",
    pulses: [...nights([0, 1, 2]), [3 * DAY + 5 * HOUR, "ok"]],
    told: [
      `late since ${3 * DAY}, known ${3 * DAY + HOUR + 10}: no pulse for 1 d 1 h, where one usually comes within 1 d`,
      `up since ${3 * DAY + 5 * HOUR}, known ${3 * DAY + 5 * HOUR + 10}: one pulse was well`,
    ],
  },
  {
    name: "a job whose period is set is late from its first night on",
    pulses: nights([0]),
    until: 2 * DAY,
    settings: { periodMs: DAY * 1000, graceMs: 600_000 },
    told: [`late since ${DAY}, known ${DAY + 610}: no pulse for 1 d 10 min, where one usually comes within 1 d`],
  },
  {
    name: "a batch sent hourly is judged by its shares, and is no silence",
    pulses: hourly(6, (from) => every(0.01, from, from + 10, (i) => (from === 3 * HOUR && i % 2 === 0 ? "bad" : "ok"))),
    told: [],
  },
  {
    name: "a batch sent hourly of which half fails is down until the next",
    pulses: hourly(6, (from) => every(0.01, from, from + 10, (i) => (from === 3 * HOUR && i % 2 === 0 ? "err" : "ok"))),
    told: [
      "down since 10800, known 10810: 500 of 1000 pulses said err",
      "up since 14400, known 14410: 1000 of 1000 pulses were well",
    ],
  },
  {
    name: "a service that pulses in bursts of minutes is late between the first ones, not later, and when none comes",
    pulses: hourly(12, (from) => every(1, from, from + 300, "ok")),
    until: 14 * HOUR,
    told: [
      "late since 300, known 370: no pulse for 1 min 11 s, where one usually comes within 1 s",
      "up since 3600, known 3610: 10 of 10 pulses were well",
      "late since 3900, known 3970: no pulse for 1 min 11 s, where one usually comes within 1 s",
      "up since 7200, known 7210: 10 of 10 pulses were well",
      "late since 43200, known 46810: no pulse for 1 h 55 min, where one usually comes within 55 min 1 s",
    ],
  },
  {
    name: "no pulse ever again is late since it was due, once",
    pulses: heartbeat({}, 20),
    until: 30 * DAY,
    told: ["late since 1200, known 1390: no pulse for 4 min 10 s, where one usually comes within 1 min"],
  },
  {
    name: "a service seen once is unknown after a day",
    pulses: [[0, "ok"]],
    until: 3 * DAY,
    told: [`unknown since ${DAY}, known ${DAY + 10}: no pulse for a day, and no usual period is known`],
  },
  {
    name: "after silence the newest pulse decides",
    pulses: [...heartbeat({}, 20), [3000, "503"], [3060, "ok"], [3120, "ok"], [3180, "ok"]],
    told: [
      "late since 1200, known 1390: no pulse for 4 min 10 s, where one usually comes within 1 min",
      "down since 3000, known 3010: 1 of 3 pulses said 503, the last at 2026-12-01T00:50:00.000Z",
      "up since 3060, known 3190: 3 of 3 pulses were well",
    ],
  },
  {
    name: "silence while PulseMesh stored nothing is unknown",
    pulses: [...heartbeat({}, 20), ...every(60, 2400, 3600, "ok")],
    blind: [{ from: 1190, to: 2390 }],
    told: [
      "unknown since 1200, known 1390: PulseMesh itself stored nothing",
      "up since 2400, known 2410: one pulse was well",
    ],
  },
  {
    name: "nothing changes while PulseMesh stored nothing for a moment",
    pulses: [...heartbeat({}, 20), ...every(60, 1410, 3600, "ok")],
    blind: [{ from: 1190, to: 1400 }],
    told: [
      "unknown since 1200, known 1390: PulseMesh itself stored nothing",
      "up since 1410, known 1420: one pulse was well",
    ],
  },
  {
    name: "silence that goes on once PulseMesh sees again is late since then",
    pulses: heartbeat({}, 20),
    blind: [{ from: 1190, to: 2390 }],
    until: 4000,
    told: [
      "unknown since 1200, known 1390: PulseMesh itself stored nothing",
      "late since 2390, known 2590: no pulse for 24 min 10 s, where one usually comes within 1 min",
    ],
  },
  {
    name: "statuses that nobody knows are not counted beside others",
    pulses: heartbeat({ 20: "blue", 21: "503", 22: "green", 23: "green" }, 26),
    told: [],
  },
  {
    name: "other thresholds tell other states",
    pulses: heartbeat({ 20: "503" }),
    settings: { leastPulses: 1, degradedShare: 0.3 },
    told: [
      "degraded since 1200, known 1210: 1 of 3 pulses said 503",
      "up since 1260, known 1390: 3 of 3 pulses were well",
    ],
  },
];

describe("the rule of health", () => {
  it.each(cases)("$name", ({ pulses, told, ...judging }) => {
    const [first, ...runs] = runsOf(pulses, judging);
    expect(first).toMatchObject({ health: "up" });
    expect(inWords(runs)).toEqual(told);
  });

  it.each([0, 1.007, 2.5, 5.01, 9.99])(
    "is that a tenth of a thousand a second, %s s after a cell began, is known within 30 s",
    (offset) => {
      const from = 60 + offset;
      const isBackground = (i: number) => i % 1000 === 3;
      const pulses = [
        ...stream(0, from, (i) => (isBackground(i) ? "500" : "200")),
        ...stream(from, 100, (i) => (i % 10 === 0 ? "500" : "200")),
      ];
      const [, degraded, ...others] = runsOf(pulses);
      expect([degraded?.health, others]).toEqual(["degraded", []]);
      const knownAfter = ((degraded?.confirmedAt ?? 0) - START) / 1000 - from;
      expect(knownAfter + SETTLE_S).toBeLessThanOrEqual(30);
      const sinceAfter = ((degraded?.since ?? 0) - START) / 1000 - from;
      expect(Math.abs(sinceAfter)).toBeLessThanOrEqual(10);
    },
  );

  it("is that a sender whose clock is 20 minutes behind is not silent: its cause says so", () => {
    const lags = every(60, 0, 8 * 60, "ok").reduce<Lags>((known) => noteNewest(known, 20 * 60_000 - 7000), []);
    const pulses = heartbeat({}, 20);
    const now = 20 * 60 + 20 * 60;
    const runs = runsOf(pulses, { until: now - usualLag(lags) / 1000 });
    expect(inWords(runs.map((run) => ({ ...run, cause: withClock(run.cause, clockLag(lags)) })))).toEqual([
      "up since 0, known 10: one pulse was well; its pulses come 20 min after their times: its clock is behind, or they wait on their way",
    ]);
    expect(inWords(runsOf(pulses, { until: now })).at(-1)).toContain("late since 1200");
  });

  it("knows nothing of a service whose statuses nobody knows, and says what they are", () => {
    expect(inWords(runsOf(heartbeat({ 1: "strange", 2: "strange", 3: "odd one" }, 4)).slice(1))).toEqual([
      "unknown since 60, known 190: 3 of 3 pulses were of unknown health, 2 of them said strange",
    ]);
  });

  it("has no runs where there is no pulse", () => {
    expect(runsOf([], { until: DAY })).toEqual([]);
  });
});
