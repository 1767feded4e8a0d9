import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { total } from "../promql.ts";
import { RECORDED } from "../selectors.ts";
import type { AlertCase } from "../testing/alert-case.ts";
import { PLATFORM_ALERT_CASES } from "../testing/platform-alert-cases.ts";
import { ruleOptions } from "../testing/rule-options.ts";
import { openRulesUnderTest, type RulesUnderTest, type Sample } from "../testing/rules-under-test.ts";
import { SERVICE_ALERT_CASES } from "../testing/service-alert-cases.ts";
import { isSkippedWithout, runTool } from "../testing/tools.ts";
import { ruleGroups } from "./rule-groups.ts";

const ALERT_CASES = { ...SERVICE_ALERT_CASES, ...PLATFORM_ALERT_CASES };
const FIRING = 'count by (alertname, service, reason, job) (ALERTS{alertstate="firing"})';

let rules: RulesUnderTest;
/** Of the services alone. Promtool evaluates every rule at every tick, which is most of what these tests cost. */
let serviceRules: RulesUnderTest;
beforeAll(() => {
  const groups = ruleGroups(ruleOptions());
  rules = openRulesUnderTest(groups);
  serviceRules = openRulesUnderTest(groups.filter(({ name }) => name === "pulsemesh-services"));
});
afterAll(() => {
  rules.close();
  serviceRules.close();
});

function expectFiring({ at, firing, ...input }: AlertCase): void {
  rules.expectAll(input, [{ expr: FIRING, at, samples: firing.map(asSample) }]);
}

function asSample(alert: string): Sample {
  const [name = "", labels] = alert.split(/(?=\{)/);
  const rest = labels === undefined ? "" : `, ${labels.slice(1, -1)}`;
  return { labels: `{alertname="${name}"${rest}}`, value: 1 };
}

describe.skipIf(isSkippedWithout("promtool"))("on Prometheus' engine", () => {
  it("the rules are valid", () => {
    expect(runTool("promtool", ["check", "rules", rules.file])).toContain("SUCCESS");
  });

  describe.each(Object.entries(ALERT_CASES))("%s", (name, { fires, staysSilent }) => {
    it(`fires: ${fires.title}`, () => {
      expect(fires.firing.some((alert) => alert.startsWith(name))).toBe(true);
      expectFiring(fires);
    });

    it(`stays silent: ${staysSilent.title}`, () => {
      expectFiring(staysSilent);
    });
  });

  it("a total includes what a function counted before its first scrape, and what a stopped function counted", () => {
    const series = {
      'm{pod="a"}': "0x10 1+1x9 10x10", // grows by 10
      'm{pod="b"}': "_x15 37 38 39 40x12", // starts from zero, 37 at its first scrape
      'm{pod="c"}': "5x29", // does not grow
      'm{pod="d"}': "7x4 stale 7x23", // does not grow, and could not be scraped when the window began
    };
    const expr = `round(${total("m", "20m")}, 0.1)`;
    rules.expectAll({ series }, [{ expr, at: "25m", samples: [{ labels: "{}", value: 50 }] }]);
  });

  it("a month that is sent at once moves no service's rate, and the ledger counts it", () => {
    const stored = 'pulsemesh_pulses_stored_total{job="pulse-persist",service="checkout",health="up"';
    const series = {
      'pulsemesh_pulses_accepted_total{job="pulse-ingest",service="checkout",health="up"}': "0+60x20 1260+1060x20",
      [`${stored}}`]: "0+60x40",
      [`${stored},age="old"}`]: "_x21 0+1000x20",
    };
    rules.expectAll({ series }, [
      {
        expr: `round(${RECORDED.storedRate}, 0.1)`,
        at: "35m",
        samples: [{ labels: '{service="checkout"}', value: 1 }],
      },
      { expr: `abs(${RECORDED.unaccounted}) < bool 100`, at: "35m", samples: [{ labels: "{}", value: 1 }] },
    ]);
  });

  it("the alert that nobody judges fires while judgements are old, and where no pulse-health was ever seen", () => {
    const judged = 'pulsemesh_health_judged_timestamp_seconds{job="pulse-health",instance="a"}';
    const stored = 'pulsemesh_pulses_stored_total{job="pulse-persist",service="checkout",health="up"}';
    expectFiring({ title: "", series: { [judged]: "0+60x20 1200x20" }, at: "25m", firing: ["PulseHealthKeeperAway"] });
    const firing = ['PulseHealthKeeperAway{job="pulse-health"}'];
    expectFiring({ title: "", series: { [stored]: "0+60x60" }, at: "10m", firing });
    // Nothing is stored, so that there is nothing to judge.
    expectFiring({ title: "", series: { [stored]: "7x60" }, at: "10m", firing: [] });
  });

  it("while nobody judges, the alert on a service that is down goes on, and the one that it flaps ends within the hour", () => {
    const judged = 'pulsemesh_health_judged_timestamp_seconds{job="pulse-health",instance="a"}';
    const health = 'pulsemesh_service_health{job="pulse-health",instance="a",service="checkout"}';
    const since = 'pulsemesh_service_health_since_seconds{job="pulse-health",instance="a",service="checkout"}';
    const series = {
      [judged]: "0+60x30 stale",
      [health]: "0x20 2 0 2 0 2 2x5 stale",
      [since]: "0x20 1260 1320 1380 1440 1500 1500x5 stale",
      'pulsemesh_pulses_stored_total{job="pulse-persist",service="checkout",health="up"}': "0+60x100",
    };
    const down = 'PulseServiceDown{service="checkout"}';
    const away = 'PulseHealthKeeperAway{job="pulse-health"}';
    expectFiring({ title: "", series, at: "35m", firing: [away, down, 'PulseServiceFlaps{service="checkout"}'] });
    expectFiring({ title: "", series, at: "92m", firing: [away, down] });
  });

  it("the alert on services that are not watched also tells of those that pulse-persist counts together", () => {
    const others = 'pulsemesh_pulses_stored_total{job="pulse-persist",service="_other",health="up"}';
    const judged = 'pulsemesh_health_judged_timestamp_seconds{job="pulse-health",instance="a"}';
    const series = { [judged]: "0+60x60", [others]: "0x5 1+1x10 11x40" };
    expectFiring({ title: "", series, at: "10m", firing: ["PulseServicesUnwatched"] });
    expectFiring({ title: "", series, at: "50m", firing: [] });
  });

  it("the alert on refused services also tells of spans, at the first of a process", () => {
    const refused = (reason: string) => `pulsemesh_pulses_rejected_total{job="pulse-ingest",reason="${reason}"}`;
    const series = { [refused("services")]: "_x20 0x5", [refused("partial-services")]: "_x20 1x5" };
    expectFiring({ title: "", series, at: "23m", firing: ["PulseServicesRefused"] });
  });

  it("posts that fail while others name new services beyond the bound count as failures", () => {
    const posts = (code: number) => `pulsemesh_requests_total{job="pulse-ingest",method="POST",code="${code}"}`;
    const refused = 'pulsemesh_pulses_rejected_total{job="pulse-ingest",reason="services"}';
    const series = { [posts(202)]: "0+60x70", [posts(429)]: "0+30x70", [posts(503)]: "0+5x70", [refused]: "0+30x70" };
    const firing = ["PulseIngestBurnsFast", "PulseIngestBurnsSlowly", "PulseServicesRefused"];
    expectFiring({ title: "", series, at: "70m", firing });
  });

  it("the alert on the store fires while pulse-persist reaches no node of Cassandra, where no batch is made", () => {
    const nodes = (pod: string, state: string) =>
      `pulsemesh_cassandra_nodes{job="pulse-persist",pod="${pod}",state="${state}"}`;
    const series = {
      'pulsemesh_store_batch_rows_count{job="pulse-persist"}': "0+10x20 200x20",
      'pulsemesh_store_errors_total{job="pulse-persist",outcome="retry"}': "0x20 1x20",
      'pulsemesh_cassandra_nodes{job="pulse-query",state="up"}': "3x40",
      [nodes("a", "up")]: "3x20 0x20",
      [nodes("a", "down")]: "0x20 3x20",
    };
    const away = { ...series, [nodes("b", "up")]: "_x20 0x20" };
    const firing = ["PulseCassandraNodeAway", "PulseStoreFailing"];
    expectFiring({ title: "", series: away, at: "40m", firing });
    // One pod that reaches none is not ready, and no event comes to it.
    const reached = { ...series, [nodes("b", "up")]: "3x40" };
    expectFiring({ title: "", series: reached, at: "40m", firing: ["PulseCassandraNodeAway"] });
  });

  it("a service's last pulse is known until the store forgets it", () => {
    const series = {
      'pulsemesh_last_pulse_timestamp_seconds{job="pulse-persist",service="nightly-backup",health="up"}': "0 stale",
    };
    const age = "time() - service:pulsemesh_last_pulse_timestamp_seconds:max";
    serviceRules.expectAll({ series, tick: "4m" }, [
      { expr: age, at: "26h", samples: [{ labels: '{service="nightly-backup"}', value: 93_600 }] },
    ]);
  });

  it("a service's share of bad pulses and its p95 are those of an hour", () => {
    const stored = 'pulsemesh_pulses_stored_total{job="pulse-persist",service="checkout"';
    const bucket = 'pulsemesh_pulse_latency_seconds_bucket{job="pulse-persist",service="checkout"';
    const series = {
      [`${stored},health="up"}`]: "0+90x80",
      [`${stored},health="down"}`]: "0x10 0+10x70",
      [`${stored},health="down",age="old"}`]: "0+1000x80",
      // Within no five minutes before it pulsed was there a quantile.
      [`${bucket},le="0.1"}`]: "0x30 0+10x50",
      [`${bucket},le="+Inf"}`]: "0x30 0+10x50",
    };
    const service = '{service="checkout"}';
    serviceRules.expectAll({ series }, [
      { expr: `round(${RECORDED.badShare}, 0.01)`, at: "80m", samples: [{ labels: service, value: 0.1 }] },
      { expr: `round(${RECORDED.badShare}, 0.01)`, at: "8m", samples: [{ labels: service, value: 0 }] },
      { expr: `round(${RECORDED.latencyP95Lately}, 0.001)`, at: "80m", samples: [{ labels: service, value: 0.095 }] },
    ]);
  });
});

it("every alert has two cases", () => {
  const alerts = ruleGroups(ruleOptions()).flatMap(({ rules }) =>
    rules.flatMap((rule) => ("alert" in rule ? [rule.alert] : [])),
  );
  expect(Object.keys(ALERT_CASES).sort()).toEqual(alerts.sort());
});
