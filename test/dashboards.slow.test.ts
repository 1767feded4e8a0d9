// Dashboards, rules and routes on the real platform, Prometheus and Alertmanager, before, during and after an incident.
import { readFileSync } from "node:fs";
import { parser as promql } from "@prometheus-io/lezer-promql";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { boards } from "../dashboards/boards/boards.ts";
import { ruleGroups } from "../dashboards/rules/rule-groups.ts";
import { BROKER_JOB, RECORDED } from "../dashboards/selectors.ts";
import { hasten } from "../dashboards/testing/hastened-timing.ts";
import { fillIn, type PlacedQuery, queriesOfBoard, queriesOfRules } from "../dashboards/testing/queries.ts";
import { ruleOptions } from "../dashboards/testing/rule-options.ts";
import { isSkippedWithout } from "../dashboards/testing/tools.ts";
import { OWN_SERVICE } from "../events/own-service.ts";
import { HEALTH_CODES } from "../events/service-health.ts";
import type { ServiceDetail } from "../functions/pulse-query/answers.ts";
import { type Monitoring, type Series, startMonitoring } from "./monitoring.ts";
import { type Platform, startPlatform, until } from "./platform.ts";
import { readAll } from "./read-back.ts";

/** Ten times as fast as in production. "A day ago" is 20 seconds ago. */
const TIMING = hasten(10, 20);
const RULES = ruleOptions(TIMING);
const SERVICES = ["steady", "slow", "failing", "silent"] as const;
const VALUES = { __rate_interval: "20s", __range: "60s", service: "slow" };
/** The alerts that the incident sets off: name, service or reason, and the receiver's path. */
const EXPECTED = [
  "PulseDeadLettersGrow invalid /working-hours",
  "PulseServiceDegraded slow /working-hours",
  "PulseServiceDown failing /on-call",
  "PulseServiceStopped silent /on-call",
];
// A laptop has no Knative, kubelet, kube-state-metrics or Cassandra, so queries for their series find nothing.
const OF_A_CLUSTER = /\b(?:kn|kube|kubelet|container|cassandra|pulsemesh_clock_skew)_\w+/;

describe.skipIf(isSkippedWithout("prometheus", "prometheus-alertmanager"))("an incident on the real parts", () => {
  let platform: Platform;
  let monitoring: Monitoring;
  let isIncident = false;
  let sender: NodeJS.Timeout;
  const posts = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const acceptedIds: string[] = [];

  beforeAll(async () => {
    platform = await startPlatform();
    const { ingest, persist, query, deadletter, health, broker } = platform;
    const targets = {
      "pulse-ingest": ingest,
      "pulse-persist": persist,
      "pulse-query": query,
      "pulse-deadletter": deadletter,
      "pulse-health": health,
      [BROKER_JOB]: broker,
    };
    const addresses = Object.entries(targets).map(([job, url]) => [job, new URL(url).host]);
    monitoring = await startMonitoring(Object.fromEntries(addresses), RULES);
    sender = setInterval(() => {
      const sent = send()
        .catch((error: unknown) => void failures.push(error))
        .finally(() => posts.delete(sent));
      posts.add(sent);
    }, 200);
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
    clearInterval(sender);
    await monitoring?.dispose();
    await platform?.dispose();
  });

  async function send(): Promise<void> {
    const names = isIncident ? SERVICES.filter((name) => name !== "silent") : SERVICES;
    const pulses = names.map((service_name) => ({ service_name, ...(isIncident ? INCIDENT[service_name] : FINE) }));
    const answer = await post(`${platform.ingest}/pulse`, "application/json", JSON.stringify(pulses));
    if (answer !== "") acceptedIds.push(...((JSON.parse(answer) as { ids?: string[] }).ids ?? []));
  }

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
      return isLearnt && [up, past].every((answer) => answer.filter(isOfService).length === SERVICES.length);
    };
    await until("every service to be up and its period to be learnt", isKnown, 150_000);
    expect(await firing()).toEqual([]);
  });

  it("the incident fires its alerts, and Alertmanager delivers them", async () => {
    const poison = readFileSync("events/samples/poison.json", "utf8");
    await post(platform.broker, "application/cloudevents+json", poison);
    isIncident = true;
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

  it("Alertmanager reports the end of the incident, and has reported no other alert", async () => {
    isIncident = false;
    const over = EXPECTED.filter((text) => text.includes("Service"));
    await until("all to be resolved", () => over.every((text) => delivered("resolved").includes(text)), 90_000);
    expect(await firing()).toEqual(EXPECTED.map((text) => text.replace(/ \/.*/, "")));
    expect(delivered("firing")).toEqual(EXPECTED);
  });

  it("the ledger adds up, and every pulse that was accepted is read back", async () => {
    clearInterval(sender);
    await Promise.all(posts);
    expect(failures).toEqual([]);
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
    expect(acceptedIds.filter((id) => !ids.has(id))).toEqual([]);
    // All but PulseMesh's own.
    const [count] = await monitoring.ask('sum(pulsemesh_pulses_accepted_total{job="pulse-ingest"})');
    expect(Number(count?.values[0])).toBe(acceptedIds.length);
  });

  /** The delivered alerts, each once. */
  function delivered(status: "firing" | "resolved"): string[] {
    const texts = monitoring.deliveries
      .filter((delivery) => delivery.status === status)
      .map(({ labels, path }) => `${labels.alertname} ${labels.service ?? labels.reason ?? ""} ${path}`);
    return [...new Set(texts)].sort();
  }
});

const FACTS = [
  "sum by (__name__, code) ({__name__=~'pulsemesh_(requests|pulses_accepted|pulses_stored|pulses_stored_again|emit_unacknowledged_pulses)_total'})",
  "{__name__=~'pulsemesh_broker_(pending|in_flight|deliveries_total|events_total)'}",
  "time() - process_start_time_seconds",
  'ALERTS{alertstate="firing"}',
];
const FINE = { latency_ms: 12.5, status: "ok" };
const INCIDENT = {
  steady: FINE,
  slow: { latency_ms: 2500, status: "slow" },
  failing: { latency_ms: 40, status: "500" },
  silent: FINE,
};

async function post(url: string, type: string, body: string): Promise<string> {
  const response = await fetch(url, { method: "POST", headers: { "content-type": type }, body });
  return response.text();
}

/** PulseMesh's own pulses are stored as all others. */
function isOfService({ metric }: Series): boolean {
  return metric.service !== OWN_SERVICE;
}

async function detailOf({ query }: Platform, service: string): Promise<Partial<ServiceDetail>> {
  return (await (await fetch(`${query}/services/${service}`)).json()) as Partial<ServiceDetail>;
}

/** The expression with comparisons that give 0 or 1 instead of dropping series within the bounds. */
function withoutThresholds(expr: string): string {
  const ends: number[] = [];
  promql.parse(expr).iterate({
    enter({ name, to, node }) {
      const isComparison = ["Gtr", "Lss", "Gte", "Lte", "EqlC", "Neq"].includes(name);
      const givesNumbers = /^\s*bool\b/.test(expr.slice(to));
      if (isComparison && !givesNumbers && node.parent?.name === "BinaryExpr") ends.push(to);
    },
  });
  return ends.reduceRight((text, end) => `${text.slice(0, end)} bool${text.slice(end)}`, expr);
}
