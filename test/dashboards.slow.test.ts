// Dashboards, rules and routes on the real platform with two keepers of health, Prometheus and Alertmanager: before, during and after
// an incident, and while the keepers are away.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { boards } from "../dashboards/boards/boards.ts";
import { ruleGroups } from "../dashboards/rules/rule-groups.ts";
import { BROKER_JOB, RECORDED } from "../dashboards/selectors.ts";
import { hasten } from "../dashboards/testing/hastened-timing.ts";
import {
  fillIn,
  type PlacedQuery,
  queriesOfBoard,
  queriesOfRules,
  withoutThresholds,
} from "../dashboards/testing/queries.ts";
import { ruleOptions } from "../dashboards/testing/rule-options.ts";
import { isSkippedWithout } from "../dashboards/testing/tools.ts";
import { OWN_SERVICE } from "../events/own-service.ts";
import { HEALTH_CODES } from "../events/service-health.ts";
import type { ServiceDetail } from "../functions/pulse-query/answers.ts";
import { type FunctionProcess, startFunction } from "./function-process.ts";
import { type Delivery, type Monitoring, type Series, startMonitoring } from "./monitoring.ts";
import { type Platform, startPlatform, until } from "./platform.ts";
import { type PulsingServices, post, SERVICES, startPulsing } from "./pulsing-services.ts";
import { readAll } from "./read-back.ts";

/** Ten times as fast as in production. "A day ago" is 20 seconds ago. */
const TIMING = hasten(10, 20);
const RULES = ruleOptions(TIMING);
const VALUES = { __rate_interval: "20s", __range: "60s", service: "slow" };
// An alert as a text: name, service or reason, and the receiver's path.
const AWAY = "PulseHealthKeeperAway  /on-call";
const DEGRADED = "PulseServiceDegraded slow /working-hours";
const DOWN = "PulseServiceDown failing /on-call";
/** The alerts that the incident sets off. */
const EXPECTED = ["PulseDeadLettersGrow invalid /working-hours", DEGRADED, DOWN, "PulseServiceStopped silent /on-call"];
// A laptop has no Knative, kubelet, kube-state-metrics or Cassandra, so queries for their series find nothing.
const OF_A_CLUSTER = /\b(?:kn|kube|kubelet|container|cassandra|pulsemesh_clock_skew)_\w+/;

describe.skipIf(isSkippedWithout("prometheus", "prometheus-alertmanager"))("an incident on the real parts", () => {
  let platform: Platform;
  let secondKeeper: FunctionProcess;
  let monitoring: Monitoring;
  let services: PulsingServices;

  beforeAll(async () => {
    platform = await startPlatform();
    const { ingest, persist, query, deadletter, health, broker } = platform;
    secondKeeper = await startFunction("pulse-health", { env: { PULSE_DATA_DIR: platform.folder, K_SINK: broker } });
    const targets = {
      "pulse-ingest": ingest,
      "pulse-persist": persist,
      "pulse-query": query,
      "pulse-deadletter": deadletter,
      "pulse-health": [health, secondKeeper.url],
      [BROKER_JOB]: broker,
    };
    const addresses = Object.entries(targets).map(([job, urls]) => [
      job,
      [urls].flat().map((url) => new URL(url).host),
    ]);
    monitoring = await startMonitoring(Object.fromEntries(addresses), RULES);
    services = startPulsing(ingest);
  });
  // Prints where the pulses are and which processes are new while the platform still runs.
  beforeEach(({ onTestFailed }) => {
    onTestFailed(async () => {
      for (const expr of FACTS) {
        for (const { metric, values } of await monitoring.ask(expr)) console.error(JSON.stringify(metric), values[0]);
      }
    });
  });
  afterAll(async () => {
    await services?.stop().catch(() => {}); // a test has seen it
    await monitoring?.dispose();
    await secondKeeper?.kill();
    await platform?.dispose();
  });

  /** The values of a query except NaN. */
  async function numbersOf({ expr }: PlacedQuery): Promise<string[]> {
    const text = fillIn(expr, VALUES);
    const answers: Series[] = [...(await monitoring.ask(text)), ...(await monitoring.askRange(text, 30))];
    return answers.flatMap(({ values }) => values).filter((value) => value !== "NaN");
  }

  async function firing(): Promise<string[]> {
    const alerts = await monitoring.ask('max_over_time(ALERTS{alertstate="firing"}[10m])');
    return alerts.map(({ metric }) => `${metric.alertname} ${metric.service ?? metric.reason ?? ""}`).sort();
  }

  it("no alert fires while all is well, and the rules know each service's health", async () => {
    // A period is learnt of pulses of a minute.
    const isKnown = async () => {
      const up = await monitoring.ask(`${RECORDED.health} == ${HEALTH_CODES.up}`);
      const past = await monitoring.ask(`${RECORDED.storedRate} offset ${TIMING.daySeconds}s`);
      const details = await Promise.all(SERVICES.map((name) => detailOf(platform, name)));
      const isLearnt = details.every(({ usual_period_ms: period }) => typeof period === "number" && period < 10_000);
      return (
        isLearnt &&
        [up, past].every(
          (answer) => answer.filter(({ metric }) => metric.service !== OWN_SERVICE).length === SERVICES.length,
        )
      );
    };
    await until("every service to be up and its period to be learnt", isKnown, 150_000);
    expect(await firing()).toEqual([]);
  });

  it("the incident fires its alerts, and Alertmanager delivers them", async () => {
    const poison = readFileSync("events/samples/poison.json", "utf8");
    await post(platform.broker, "application/cloudevents+json", poison);
    services.inTrouble = SERVICES;
    await until(
      "Alertmanager to deliver all alerts",
      () => EXPECTED.every((text) => delivered("firing").includes(text)),
      150_000,
    );
    for (const { annotations } of monitoring.deliveries) {
      expect(annotations.runbook_url).toMatch(/^RUNBOOK\.md#pulse/);
      expect(`${annotations.summary} ${annotations.description}`).not.toMatch(/<error|%!|<no value>|^ /);
    }
    const silent = monitoring.deliveries.find(({ labels }) => labels.alertname === "PulseServiceStopped");
    expect(silent?.annotations.summary).toBe("silent has gone silent: nobody knows whether it works.");
  });

  it("every query of every dashboard returns data, except queries for parts that only a cluster has", async () => {
    const empty: string[] = [];
    const { logs, ...asked } = boards(TIMING);
    expect(logs).toBeDefined(); // needs Loki
    await detailOf(platform, "slow");
    const reads = 'increase(pulsemesh_requests_total{job="pulse-query",method="GET"}[20s]) > 0';
    await until("a read to be scraped", async () => (await monitoring.ask(reads)).length > 0);
    for (const query of Object.values(asked).flatMap(queriesOfBoard)) {
      const numbers = await numbersOf(query);
      if (numbers.length === 0 && !OF_A_CLUSTER.test(query.expr)) empty.push(`${query.place}: ${query.expr}`);
    }
    expect(empty).toEqual([]);
  });

  it("Prometheus evaluates every rule, and every expression finds the series that it compares", async () => {
    expect(await monitoring.brokenRules()).toEqual([]);
    const empty: string[] = [];
    for (const query of queriesOfRules(ruleGroups(RULES))) {
      const numbers = await numbersOf({ ...query, expr: withoutThresholds(query.expr) });
      if (numbers.length === 0) empty.push(query.place);
    }
    // The platform stores in SQLite.
    expect(empty).toEqual(["pulsemesh-alerts / PulseCassandraNodeAway"]);
  });

  it("Alertmanager reports the end of the incident, each alert once although two keepers judge, and no other", async () => {
    services.inTrouble = [];
    const over = EXPECTED.filter((text) => text.includes("Service"));
    await until("all to be resolved", () => over.every((text) => delivered("resolved").includes(text)), 90_000);
    expect(await firing()).toEqual(EXPECTED.map((text) => text.replace(/ \/.*/, "")));
    expect(delivered("firing")).toEqual(EXPECTED);
    // An alert that ends and comes back, or comes of each keeper, has another beginning.
    const beginnings = new Set(monitoring.deliveries.map((delivery) => `${textOf(delivery)} ${delivery.startsAt}`));
    expect(beginnings.size).toBe(EXPECTED.length);
  });

  it("while no keeper judges, nobody hears of a service: neither bad news nor an all-clear", async () => {
    monitoring.deliveries.length = 0;
    services.inTrouble = ["failing"];
    await until("failing to be reported", () => delivered("firing").includes(DOWN), 150_000);
    services.inTrouble = ["failing", "slow"];
    const isPending = 'ALERTS{alertname="PulseServiceDegraded",service="slow",alertstate="pending"}';
    await until("slow to be degraded", async () => (await monitoring.ask(isPending)).length > 0, 90_000);
    const keepers = [platform.pids.get("pulse-health") as number, secondKeeper.pid];
    for (const pid of keepers) process.kill(pid, "SIGSTOP");
    try {
      await until("the keepers to be missed", () => delivered("firing").includes(AWAY), 60_000);
      services.inTrouble = ["slow"]; // Failing is well again.
      const held = ["PulseServiceDegraded slow", "PulseServiceDown failing"];
      await until("both alerts to be held back", async () => `${await monitoring.heldBack()}` === `${held}`, 90_000);
      expect([delivered("firing"), delivered("resolved")]).toEqual([[AWAY, DOWN], []]);
    } finally {
      for (const pid of keepers) process.kill(pid, "SIGCONT");
    }
    await until("all to be told", () => [AWAY, DOWN].every((text) => delivered("resolved").includes(text)), 150_000);
    await until("slow to be reported", () => delivered("firing").includes(DEGRADED), 60_000);
    services.inTrouble = [];
    await until("slow to be well", () => delivered("resolved").includes(DEGRADED), 90_000);
    expect(delivered("firing")).toEqual([AWAY, DEGRADED, DOWN]);
  });

  it("the ledger adds up, and every pulse that was accepted is read back", async () => {
    await services.stop();
    // Stored equals accepted unless an answer of the broker was lost, as on a machine that stood still: then it may be larger.
    const stored = "sum(pulsemesh_pulses_stored_total)";
    const accepted = "sum(pulsemesh_pulses_accepted_total)";
    const inDoubt = "sum(pulsemesh_emit_unacknowledged_pulses_total)";
    await until("as many stored as accepted", async () => {
      const [more] = await monitoring.ask(`${stored} - ${accepted} >= 0 <= ${inDoubt}`);
      const [atRest] = await monitoring.ask("sum(pulsemesh_broker_pending) == 0");
      return more !== undefined && atRest !== undefined;
    });
    const ids = new Set(
      (await Promise.all(SERVICES.map((name) => readAll(platform, name)))).flat().map(({ id }) => id),
    );
    expect(services.acceptedIds.filter((id) => !ids.has(id))).toEqual([]);
    // All but PulseMesh's own.
    const [count] = await monitoring.ask('sum(pulsemesh_pulses_accepted_total{job="pulse-ingest"})');
    expect(Number(count?.values[0])).toBe(services.acceptedIds.length);
  });

  /** The delivered alerts, each once. */
  function delivered(status: "firing" | "resolved"): string[] {
    return [...new Set(monitoring.deliveries.filter((delivery) => delivery.status === status).map(textOf))].sort();
  }
});

const FACTS = [
  "sum by (__name__, code) ({__name__=~'pulsemesh_(requests|pulses_accepted|pulses_stored|pulses_stored_again|emit_unacknowledged_pulses)_total'})",
  "{__name__=~'pulsemesh_broker_(pending|in_flight|deliveries_total|events_total)'}",
  "time() - process_start_time_seconds",
  'ALERTS{alertstate="firing"}',
];

function textOf({ labels, path }: Delivery): string {
  return `${labels.alertname} ${labels.service ?? labels.reason ?? ""} ${path}`;
}

async function detailOf({ query }: Platform, service: string): Promise<Partial<ServiceDetail>> {
  return (await (await fetch(`${query}/services/${service}`)).json()) as Partial<ServiceDetail>;
}
