import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import type { DeliverySpec } from "../../events/triggers.ts";
import { ruleOptions } from "../testing/rule-options.ts";
import { openRulesUnderTest, type RulesUnderTest } from "../testing/rules-under-test.ts";
import { isSkippedWithout, runTool } from "../testing/tools.ts";
import { ledgerTimesOf, PERSIST_DELIVERY } from "./ledger-times.ts";
import { ruleGroups } from "./rule-groups.ts";

const CHART = "infra/charts/pulsemesh";
const DURABLE_VALUES = `${CHART}/values-durable.yaml`;
const DURABLE: DeliverySpec = parse(readFileSync(DURABLE_VALUES, "utf8")).delivery;
const MINUTES: Readonly<Record<string, number>> = { s: 1 / 60, m: 1, h: 60, d: 1440 };

/** `for` and the mean's window, in minutes, of the chart's or of our rules. */
function ledgerTimesIn(rules: readonly object[]): { hold: number; mean: number } {
  const alert = rules.find((rule) => "alert" in rule && rule.alert === "PulseLedgerMismatch") as {
    for: string;
    expr: string;
  };
  return { hold: minutesOf(alert.for), mean: minutesOf(/unaccounted:total1h\[(\w+)\]/.exec(alert.expr)?.[1] ?? "") };
}

function minutesOf(duration: string): number {
  return Number.parseInt(duration, 10) * (MINUTES[duration.at(-1) ?? ""] ?? Number.NaN);
}

it.each<[string, DeliverySpec, number, number]>([
  ["a laptop", PERSIST_DELIVERY, 15, 1],
  ["the durable profile", DURABLE, 255, 450],
  ["a delivery without retries", {}, 10, 1],
  ["an hour's waits", { retry: 6, backoffPolicy: "linear", backoffDelay: "PT3600S", timeout: "PT90S" }, 980, 1900],
  ["waits that double", { retry: 5, backoffPolicy: "exponential", backoffDelay: "PT60S", timeout: "PT10S" }, 100, 140],
])("the ledger's alert outlasts the retries of %s", (_, delivery, hold, mean) => {
  const { holdSeconds, meanSeconds } = ledgerTimesOf(delivery);
  expect({ hold: holdSeconds / 60, mean: meanSeconds / 60 }).toEqual({ hold, mean });
});

it.skipIf(isSkippedWithout("helm")).each<[string, DeliverySpec, string[]]>([
  ["as it stands", PERSIST_DELIVERY, []],
  ["of the durable profile", DURABLE, ["-f", DURABLE_VALUES]],
  [
    "with a delivery of its user's",
    { ...PERSIST_DELIVERY, retry: 7, backoffDelay: "PT90.5S", timeout: "PT60S" },
    ["--set", "delivery.retry=7,delivery.backoffDelay=PT90.5S,delivery.timeout=PT60S"],
  ],
])("the chart %s has the times of its delivery", (_, delivery, values) => {
  const args = ["template", "x", CHART, "--kube-version", "1.34.4", "--set", "monitoring.enabled=true", ...values];
  const objects = parseAllDocuments(runTool("helm", args)).map((document) => document.toJS());
  const { groups } = objects.find((object) => object?.kind === "PrometheusRule").spec as {
    groups: { rules: object[] }[];
  };
  const { holdSeconds, meanSeconds } = ledgerTimesOf(delivery);
  const times = { hold: holdSeconds / 60, mean: meanSeconds / 60 };
  expect(ledgerTimesIn(groups.flatMap(({ rules }) => rules))).toEqual(times);
  const ours = ruleGroups({ ...ruleOptions(), delivery }).flatMap(({ rules }) => rules);
  expect(ledgerTimesIn(ours)).toEqual(times);
});

describe.skipIf(isSkippedWithout("promtool"))("in the durable profile", () => {
  const ACCEPTED = 'pulsemesh_pulses_accepted_total{job="pulse-ingest",service="checkout",health="up"}';
  const STORED = 'pulsemesh_pulses_stored_total{job="pulse-persist",service="checkout",health="up"}';
  const FIRED =
    'count by (alertname) (max_over_time(ALERTS{alertname="PulseLedgerMismatch",alertstate="firing"}[14h]))';
  let rules: RulesUnderTest;
  beforeAll(() => {
    const isOfLedger = (rule: object) => /ledger|unaccounted|pulses_accepted/i.test(JSON.stringify(rule));
    const groups = ruleGroups({ ...ruleOptions(), delivery: DURABLE }).map((group) => ({
      ...group,
      rules: group.rules.filter(isOfLedger),
    }));
    rules = openRulesUnderTest(groups.filter((group) => group.rules.length > 0));
  });
  afterAll(() => rules.close());

  it.each([
    // Counts of pulses at every minute: 600 more each time. In steps of five, `increase` of Prometheus 3 loses a twelfth of a jump.
    [
      "an outage of two hours, after which the broker delivers all, is no loss",
      "0+600x180 108000x119 180600+600x550",
      [],
    ],
    [
      "a quarter of an hour of pulses that never come is a loss",
      "0+600x180 108000x14 108600+600x650",
      [{ labels: '{alertname="PulseLedgerMismatch"}', value: 1 }],
    ],
  ])("%s", (_, stored, samples) => {
    const series = { [ACCEPTED]: "0+600x850", [STORED]: stored };
    rules.expectAll({ series }, [{ expr: FIRED, at: "13h", samples }]);
  });
});
