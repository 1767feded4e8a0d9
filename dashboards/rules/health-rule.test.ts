// Alerts and dashboards agree with the API, the page and badges about a service: this test compares the rules in PromQL with
// the functions in events/, for the same services at the same times.
import { afterAll, beforeAll, describe, it } from "vitest";
import { HEALTHS, healthOf } from "../../events/health.ts";
import { lateAfterMs, SIGHTING_MS, sightingsOf, usualPeriodOf } from "../../events/lateness.ts";
import { HEALTH_CODES, serviceHealthOf } from "../../events/service-health.ts";
import { METRICS } from "../../functions/metrics/names.ts";
import { RECORDED } from "../selectors.ts";
import { ruleOptions } from "../testing/rule-options.ts";
import { type Expectation, openRulesUnderTest, type RulesUnderTest } from "../testing/rules-under-test.ts";
import { isSkippedWithout } from "../testing/tools.ts";
import { REAL_TIME } from "../timing.ts";
import { serviceRules } from "./service-rules.ts";

const SECOND = 1;
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NIGHTLY = "nightly-backup";
/** The rules see a pulse at most so many seconds late. */
const LOOK = REAL_TIME.scrapeSeconds + REAL_TIME.tickSeconds;

interface Pulse {
  /** Seconds since the epoch. */
  time: number;
  status: string;
  /** The seconds from its time to its arrival. @default 0 */
  lateBy?: number;
}

interface Case {
  pulses: readonly Pulse[];
  /** When to compare, in seconds after the newest pulse. Also compared: just before and after the service is late. */
  silences?: readonly number[];
  /** Some pulses arrive and are followed by others between two ticks, so that the rules have fewer sightings. */
  isSeenInPart?: true;
}

/** Pulses so many seconds apart. */
function every(seconds: number, count: number, status = "ok"): Pulse[] {
  return Array.from({ length: count }, (_, i) => ({ time: i * seconds, status }));
}

/** Each hour a pulse a second for `seconds`, beginning `after` seconds after the tick. */
function bursts(seconds: number, after: number): Pulse[] {
  return Array.from({ length: 5 }, (_, i) =>
    every(SECOND, seconds).map((pulse) => ({ ...pulse, time: i * HOUR + after + pulse.time })),
  ).flat();
}

/** Pulses at random times, such as requests make, `mean` seconds apart on average. */
function atRandom(mean: number, count: number, seed: number): Pulse[] {
  let state = seed;
  let time = 0;
  return Array.from({ length: count }, () => {
    state = (state * 48_271) % 2_147_483_647; // Park and Miller's generator
    time -= Math.log(state / 2_147_483_647) * mean;
    return { time: Math.round(time * 1000) / 1000, status: "ok" };
  });
}

const CASES: Readonly<Record<string, Case>> = {
  "a pulse each minute, then silence": {
    pulses: every(MINUTE, 60),
    silences: [0, 3 * MINUTE + 45, 4 * MINUTE + 15, 2 * HOUR],
  },
  "a pulse every ten minutes that says degraded": {
    pulses: every(10 * MINUTE, 12, "slow"),
    silences: [25 * MINUTE, 30 * MINUTE, 32 * MINUTE],
  },
  "a hundred pulses within ten seconds, each hour": {
    pulses: Array.from({ length: 5 }, (_, i) =>
      every(0.1, 100).map(({ time, status }) => ({ time: i * HOUR + time, status })),
    ).flat(),
    silences: [2 * HOUR + 50 * MINUTE, 3 * HOUR + 3 * MINUTE],
  },
  "gaps of different lengths": {
    pulses: [0, 1, 3, 4, 9, 10, 12, 20].map((minutes) => ({ time: minutes * MINUTE, status: "ok" })),
    silences: [9 * MINUTE, 10 * MINUTE],
  },
  "a pace that changed, where the last eight gaps count": {
    pulses: [
      ...every(5 * MINUTE, 12),
      ...every(30 * MINUTE, 9).map(({ time, status }) => ({ time: time + 2 * HOUR, status })),
    ],
    silences: [HOUR, 2 * HOUR],
  },
  "a pulse every half minute": { pulses: every(30, 60) },
  "a pulse every five seconds": { pulses: every(5, 200) },
  "a pulse each second": { pulses: every(SECOND, 600) },
  "a batch of 25 seconds, each hour": { pulses: bursts(25, 4) },
  "a burst of 40 seconds, each hour": { pulses: bursts(40, 1), isSeenInPart: true },
  "a burst of 40 seconds, each hour, at another distance from the tick": { pulses: bursts(40, 11), isSeenInPart: true },
  "bursts of two minutes, each hour": { pulses: bursts(2 * MINUTE, 1), isSeenInPart: true },
  "bursts of two minutes, each hour, at another distance from the tick": {
    pulses: bursts(2 * MINUTE, 11),
    isSeenInPart: true,
  },
  "bursts of four minutes, each hour": { pulses: bursts(4 * MINUTE, 11), isSeenInPart: true },
  "bursts of ten minutes, each hour": { pulses: bursts(10 * MINUTE, 7) },
  "a pulse at random every ten seconds": { pulses: atRandom(10, 200, 1), isSeenInPart: true },
  "a pulse at random every minute": { pulses: atRandom(MINUTE, 60, 2), isSeenInPart: true },
  "a pulse at random every ten minutes": { pulses: atRandom(10 * MINUTE, 20, 3), isSeenInPart: true },
  "a pulse each minute, every third of which arrives three minutes late": {
    pulses: every(MINUTE, 60).map((pulse, i) => (i % 3 === 1 ? { ...pulse, lateBy: 3 * MINUTE } : pulse)),
    isSeenInPart: true,
  },
  "a pulse each minute, and old pulses that arrive in between": {
    pulses: [
      ...every(MINUTE, 60),
      ...every(10, 100).map(({ time, status }) => ({ time: 10 * MINUTE + 5 + time, status, lateBy: 40 * MINUTE })),
    ],
    isSeenInPart: true,
  },
  "down, and then silent": {
    pulses: [...every(MINUTE, 30), { time: 30 * MINUTE, status: "500" }],
    silences: [2 * MINUTE, 5 * MINUTE],
  },
  "a status that says nothing": {
    pulses: [...every(MINUTE, 10), { time: 10 * MINUTE, status: "purple" }],
    silences: [MINUTE, 5 * MINUTE],
  },
};

const SLOW_CASES: typeof CASES = {
  "a quick pace, then one so slow that six hours have only two gaps": {
    pulses: [...every(MINUTE, 30), ...[3, 6, 9].map((hours) => ({ time: hours * HOUR, status: "ok" }))],
    silences: [MINUTE, 2 * HOUR],
  },
  "two pulses, too few to learn a period": {
    pulses: every(4 * MINUTE, 2),
    silences: [23 * HOUR, 25 * HOUR],
  },
  [NIGHTLY]: {
    pulses: [{ time: 0, status: "ok" }],
    silences: [2 * DAY, 3 * DAY, 3 * DAY + 4 * MINUTE],
  },
};

/** What pulse-persist exports, in promtool's notation: the newest arrived pulse of each health. */
function seriesOf(service: string, { pulses }: Case, interval: number, end: number): [name: string, values: string][] {
  const series: [name: string, values: string][] = [];
  for (const health of HEALTHS) {
    const own = pulses.filter(({ status }) => healthOf(status) === health).sort((a, b) => arrivalOf(a) - arrivalOf(b));
    if (own.length === 0) continue;
    const values: string[] = [];
    let newest = Number.NEGATIVE_INFINITY;
    for (let at = 0, now = 0; now <= end; now += interval) {
      for (let pulse = own[at]; pulse !== undefined && arrivalOf(pulse) <= now; pulse = own[++at])
        newest = Math.max(newest, pulse.time);
      values.push(at === 0 ? "_" : String(newest));
    }
    const labels = `job="pulse-persist",service="${service}",health="${health}"`;
    series.push([`${METRICS.lastPulse}{${labels}}`, values.join(" ")]);
  }
  return series;
}

function arrivalOf({ time, lateBy = 0 }: Pulse): number {
  return time + lateBy;
}

function newestFirst(pulses: readonly Pulse[]): number[] {
  return pulses.map(({ time }) => time * 1000).sort((a, b) => b - a);
}

/** The usual period by the API, and the least and most seconds of silence after which the rules may call the service late. */
function boundsOf(service: string, one: Case): { usualPeriodMs: number; least: number; most: number } | undefined {
  const usualPeriodMs = service === NIGHTLY ? DAY * 1000 : usualPeriodOf(sightingsOf(newestFirst(one.pulses)));
  if (usualPeriodMs === undefined) return undefined;
  const widestMs = one.isSeenInPart ? widestPeriodOf(one.pulses) : usualPeriodMs;
  // The newest pulse may be almost a sighting newer than the newest sighting.
  const edge = SIGHTING_MS / 1000;
  return { usualPeriodMs, least: lateAfterMs(usualPeriodMs) / 1000 - edge, most: lateAfterMs(widestMs) / 1000 + edge };
}

/** The bound of events/lateness.ts: sightings a look further apart, of the pulses that arrived in order. */
function widestPeriodOf(pulses: readonly Pulse[]): number {
  const inOrder = pulses.filter(
    (one) => !pulses.some((other) => other.time > one.time && arrivalOf(other) <= arrivalOf(one)),
  );
  return usualPeriodOf(sightingsOf(newestFirst(inOrder), SIGHTING_MS + LOOK * 1000)) ?? Number.NaN;
}

/** What the rules must record at the times of a case, and just before and after the service is late. */
function expectationsOf(service: string, one: Case, tick: number): Expectation[] {
  const newest = one.pulses.reduce((a, b) => (b.time >= a.time ? b : a));
  const bounds = boundsOf(service, one);
  const silences = [...(one.silences ?? []), ...(bounds ? [bounds.least - tick, bounds.most + LOOK] : [])];
  const labels = `{service="${service}"}`;
  const health = `max by (service) (${RECORDED.health}${labels})`;
  const lateAfter = `max by (service) (${RECORDED.lateAfter}${labels})`;
  const isInBounds = `(${lateAfter} >= bool ${bounds?.least ?? 0}) * (${lateAfter} <= bool ${bounds?.most ?? 0})`;
  return silences.flatMap((silence) => {
    const at = Math.ceil((newest.time + silence) / tick) * tick;
    const sign = { status: newest.status, event_time: newest.time * 1000, usualPeriodMs: bounds?.usualPeriodMs };
    const code = HEALTH_CODES[serviceHealthOf(sign, at * 1000)];
    return [
      { expr: health, at: `${at}s`, samples: [{ labels, value: code }] },
      { expr: isInBounds, at: `${at}s`, samples: bounds === undefined ? [] : [{ labels, value: 1 }] },
    ];
  });
}

describe.skipIf(isSkippedWithout("promtool"))("the rules and the functions agree on services", () => {
  let rules: RulesUnderTest;
  beforeAll(() => {
    const interval = `${REAL_TIME.tickSeconds}s`;
    rules = openRulesUnderTest([{ name: "services", interval, rules: serviceRules(ruleOptions()) }]);
  });
  afterAll(() => rules.close());

  it.each([
    ["in production's steps", CASES, REAL_TIME.scrapeSeconds, REAL_TIME.tickSeconds],
    ["over days, in steps of four minutes", SLOW_CASES, 4 * MINUTE, 4 * MINUTE],
  ])("%s", (_, cases, interval, tick) => {
    const expectations = Object.entries(cases).flatMap(([service, one]) => expectationsOf(service, one, tick));
    const end = Math.max(...expectations.map(({ at }) => Number.parseInt(at, 10)));
    const series = Object.entries(cases).flatMap(([service, one]) => seriesOf(service, one, interval, end));
    rules.expectAll({ series: Object.fromEntries(series), interval: `${interval}s`, tick: `${tick}s` }, expectations);
  });
});
