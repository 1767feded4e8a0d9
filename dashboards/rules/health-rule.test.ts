// Alerts and dashboards say of a service what the API, the page and badges say: the rules in PromQL and the functions in
// events/ are asked for the same services at the same times.
import { afterAll, beforeAll, describe, it } from "vitest";
import { HEALTHS, healthOf } from "../../events/health.ts";
import { LEARNING_WINDOW_MS, lateAfterMs, usualPeriodOf } from "../../events/lateness.ts";
import { serviceHealthOf } from "../../events/service-health.ts";
import { METRICS } from "../../functions/metrics.ts";
import { HEALTH_CODES } from "../health-codes.ts";
import { RECORDED } from "../selectors.ts";
import { REAL_TIME } from "../timing.ts";
import { isSkippedWithout } from "../tools.ts";
import { openRulesUnderTest, type RulesUnderTest } from "./rules-under-test.ts";
import { serviceRules } from "./service-rules.ts";

const SECOND = 1;
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NIGHTLY = "nightly-backup";

interface Case {
  service: string;
  /** Seconds since the epoch. */
  pulses: readonly { time: number; status: string }[];
  /** When it is asked, in seconds after the newest of them. */
  silences: readonly number[];
  /** By how many seconds the two may differ about when it is late. */
  tolerance?: number;
  /** Between two samples and two ticks; production's is 15 s. */
  step?: number;
}

/** Pulses so many seconds apart. */
function every(seconds: number, count: number, status = "ok"): Case["pulses"] {
  return Array.from({ length: count }, (_, i) => ({ time: i * seconds, status }));
}

const CASES: Record<string, Case> = {
  "a pulse each minute, then silence": {
    service: "checkout",
    pulses: every(MINUTE, 60),
    silences: [0, 3 * MINUTE + 45, 4 * MINUTE + 15, 2 * HOUR],
  },
  "a pulse every ten minutes that says degraded": {
    service: "checkout",
    pulses: every(10 * MINUTE, 12, "slow"),
    silences: [25 * MINUTE, 30 * MINUTE, 32 * MINUTE],
  },
  "a hundred pulses within ten seconds, each hour": {
    service: "batch",
    pulses: Array.from({ length: 6 }, (_, i) =>
      every(0.1, 100).map(({ time, status }) => ({ time: i * HOUR + time, status })),
    ).flat(),
    silences: [2 * HOUR + 50 * MINUTE, 3 * HOUR + 3 * MINUTE],
  },
  "gaps of many lengths": {
    service: "checkout",
    pulses: [0, 1, 3, 4, 9, 10, 12, 20].map((minutes) => ({ time: minutes * MINUTE, status: "ok" })),
    silences: [9 * MINUTE, 10 * MINUTE],
  },
  "a pace that changed, of which six hours count": {
    service: "checkout",
    pulses: [
      ...every(5 * MINUTE, 24),
      ...every(30 * MINUTE, 12).map(({ time, status }) => ({ time: time + 3 * HOUR, status })),
    ],
    silences: [HOUR, 2 * HOUR],
    // The rules count the gap that reaches into the six hours, which the pulses within them do not tell: here a long one.
    tolerance: 10 * MINUTE,
  },
  "down, and then silent": {
    service: "checkout",
    pulses: [...every(MINUTE, 30), { time: 30 * MINUTE, status: "500" }],
    silences: [2 * MINUTE, 5 * MINUTE],
  },
  "a status that says nothing": {
    service: "checkout",
    pulses: [...every(MINUTE, 10), { time: 10 * MINUTE, status: "purple" }],
    silences: [MINUTE, 5 * MINUTE],
  },
  "two pulses, of which no period is learnt": {
    service: "checkout",
    pulses: every(4 * MINUTE, 2),
    silences: [23 * HOUR, 25 * HOUR],
    step: 4 * MINUTE,
  },
  "a period that was set, and one pulse": {
    service: NIGHTLY,
    pulses: [{ time: 0, status: "ok" }],
    silences: [2 * DAY, 3 * DAY, 3 * DAY + 4 * MINUTE],
    step: 4 * MINUTE,
  },
};

/** What persist exports: the newest pulse of each health, as promtool takes series. */
function seriesOf({ service, pulses, step = 15 * SECOND }: Case, end: number): Record<string, string> {
  const series: Record<string, string> = {};
  for (const health of HEALTHS) {
    const own = pulses.filter(({ status }) => healthOf(status) === health);
    if (own.length === 0) continue;
    const values: string[] = [];
    let at = 0;
    for (let now = 0; now <= end; now += step) {
      while (at < own.length && (own[at]?.time ?? 0) <= now) at++;
      values.push(at === 0 ? "_" : String(own[at - 1]?.time));
    }
    series[`${METRICS.lastPulse}{job="pulse-persist",service="${service}",health="${health}"}`] = values.join(" ");
  }
  return series;
}

/** What the API says, from the pulses that it reads back. */
function healthAt({ service, pulses }: Case, now: number) {
  const newestFirst = pulses.map(({ time }) => time * 1000).reverse();
  const newest = pulses.at(-1) as Case["pulses"][number];
  const learnt = newestFirst.filter((time) => time >= newest.time * 1000 - LEARNING_WINDOW_MS);
  const usualPeriodMs = service === NIGHTLY ? DAY * 1000 : usualPeriodOf(learnt);
  const health = serviceHealthOf({ status: newest.status, event_time: newest.time * 1000, usualPeriodMs }, now * 1000);
  return { health, lateAfter: usualPeriodMs === undefined ? undefined : lateAfterMs(usualPeriodMs) / 1000 };
}

describe.skipIf(isSkippedWithout("promtool"))("the rules and the function agree on", () => {
  let rules: RulesUnderTest;
  beforeAll(() => {
    const options = { timing: REAL_TIME, setPeriods: { [NIGHTLY]: DAY }, runbookUrl: "RUNBOOK.md" };
    const interval = `${REAL_TIME.tickSeconds}s`;
    rules = openRulesUnderTest([{ name: "services", interval, rules: serviceRules(options) }]);
  });
  afterAll(() => rules.close());

  it.each(Object.entries(CASES))("%s", (_, one) => {
    // A tick of 15 s sees a pulse up to so much later: three periods are the same to three ticks.
    const { service, pulses, silences, tolerance = 45, step = 15 * SECOND } = one;
    const newest = pulses.at(-1)?.time ?? 0;
    const times = silences.map((silence) => Math.ceil((newest + silence) / step) * step);
    const expectations = times.flatMap((time) => {
      const { health, lateAfter } = healthAt(one, time);
      const labels = `{service="${service}"}`;
      return [
        {
          expr: `max by (service) (${RECORDED.health}${labels})`,
          at: `${time}s`,
          samples: [{ labels, value: HEALTH_CODES[health] }],
        },
        {
          expr: `abs(max by (service) (${RECORDED.lateAfter}${labels}) - ${lateAfter ?? 0}) <= bool ${tolerance}`,
          at: `${time}s`,
          samples: lateAfter === undefined ? [] : [{ labels, value: 1 }],
        },
      ];
    });
    rules.expectAll({ series: seriesOf(one, times.at(-1) ?? 0), interval: `${step}s`, tick: `${step}s` }, expectations);
  });
});
