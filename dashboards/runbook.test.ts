import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { TRIGGERS } from "../events/triggers.ts";
import { MAX_SERVICE_LABELS, METRICS } from "../functions/metrics/names.ts";
import { localSettings } from "../settings/local-settings.ts";
import { ledgerTimesOf } from "./rules/ledger-times.ts";
import type { AlertingRule } from "./rules/rule.ts";
import { ruleGroups } from "./rules/rule-groups.ts";
import { INGEST_BUDGET, THRESHOLDS } from "./rules/thresholds.ts";
import { ruleOptions } from "./testing/rule-options.ts";
import { durationInWords, RECENT_IN_WORDS } from "./timing.ts";

const RUNBOOK = readFileSync(new URL("RUNBOOK.md", import.meta.url), "utf8");
const ALERTS = ruleGroups(ruleOptions())
  .flatMap(({ rules }) => rules)
  .filter((rule): rule is AlertingRule => "alert" in rule);

function sectionOf(alert: string): string {
  return RUNBOOK.split(`### ${alert}\n`)[1]?.split(/^##/m)[0] ?? "";
}

it("the runbook has a heading for each alert, and no other", () => {
  const headings = [...RUNBOOK.matchAll(/^### (.+)$/gm)].map(([, heading = ""]) => heading);
  expect(headings.sort()).toEqual(ALERTS.map(({ alert }) => alert).sort());
  for (const { annotations } of ALERTS) {
    expect(headings.map((heading) => `RUNBOOK.md#${heading.toLowerCase()}`)).toContain(annotations.runbook_url);
  }
});

it.each(ALERTS.map(({ alert }) => alert))("the runbook says what %s means, what to look at and what to do", (alert) => {
  for (const part of ["**Means**", "**Look at**", "**Do**", "```sh"]) expect(sectionOf(alert)).toContain(part);
});

/** The numbers of a section as the code has them, in the words of the runbook. */
const NUMBERS: Readonly<Record<string, readonly string[]>> = {
  PulseServiceErrorsGrow: [
    `more than ${THRESHOLDS.badFactor} times the usual share`,
    `${percent(THRESHOLDS.badMore)} of all besides`,
    `at least ${THRESHOLDS.badPulses} such pulses`,
    `for ${holdOf("PulseServiceErrorsGrow")}`,
  ],
  PulseServiceSlow: [
    `that of every ${RECENT_IN_WORDS},`,
    `more than ${THRESHOLDS.slowFactor} times the usual`,
    `${THRESHOLDS.slowMoreSeconds * 1000} ms besides`,
    `at least ${THRESHOLDS.slowPulses} pulses`,
    `for ${holdOf("PulseServiceSlow")}`,
  ],
  PulseHealthKeeperAway: [`for ${durationInWords(THRESHOLDS.judgedSeconds)}`],
  PulseServiceDown: [`for ${holdOf("PulseServiceDown")}`],
  PulseServiceDegraded: [`for ${holdOf("PulseServiceDegraded")}`],
  PulseServiceFlaps: [`more than ${THRESHOLDS.flaps} times within ${durationInWords(THRESHOLDS.flapSeconds)}`],
  PulseServicesFileInvalid: [`for ${holdOf("PulseServicesFileInvalid")}`],
  PulseServicesUnwatched: [`more than ${MAX_SERVICE_LABELS.toLocaleString("en")} services`],
  PulseIngestBurnsFast: [`budget of ${percent(INGEST_BUDGET)}`],
  PulseDeliveryLag: [
    `${percent(1 - THRESHOLDS.lagQuantile)} of events`,
    `more than ${durationInWords(THRESHOLDS.lagSeconds)}`,
    `for ${holdOf("PulseDeliveryLag")}`,
  ],
  PulseLedgerMismatch: [
    `more than ${percent(THRESHOLDS.unaccounted)}`,
    `about ${retryMinutes()} minutes`,
    `about ${hangingMinutes()} minutes`,
    `waits for ${holdOf("PulseLedgerMismatch")}`,
    ...durableLedgerHours(),
  ],
  PulseStoreFailing: [
    `more than ${percent(THRESHOLDS.storeFailures)} of batches`,
    `for ${holdOf("PulseStoreFailing")}`,
    `about ${retryMinutes()} minutes`,
    `about ${hangingMinutes()} minutes`,
  ],
  PulseFunctionCrashLoops: [
    `at least ${THRESHOLDS.restarts} times within ${durationInWords(THRESHOLDS.restartSeconds)}`,
  ],
  PulseRetentionDiskFills: [
    `less than ${percent(THRESHOLDS.freeShare)} of`,
    `less than ${percent(THRESHOLDS.freeShareWhileFilling)} and`,
    `in ${durationInWords(THRESHOLDS.fillSeconds)}`,
  ],
};
/** Numbers that PulseMesh does not set: HTTP's, Cassandra's and the language's. */
const OTHER_NUMBERS = /4xx|5xx|\b429\b|401 and 403|three replicas|three hours by default|Two kinds|\bp95\b/g;

it.each(ALERTS.map(({ alert }) => alert))("the runbook's numbers for %s are those of the code", (alert) => {
  const prose = sectionOf(alert)
    .replace(/```.*?```|`[^`]*`/gs, "")
    .replace(/\s+/g, " ");
  const phrases = NUMBERS[alert] ?? [];
  for (const phrase of phrases) expect(prose).toContain(phrase);
  const rest = phrases.reduce((text, phrase) => text.replace(phrase, ""), prose).replace(OTHER_NUMBERS, "");
  expect(rest).not.toMatch(/\d|\b(?:two|three|four|five|six|eight|nine|ten|twenty|hundred|thousand)\b/i);
});

it("the runbook asks the ports of a laptop", () => {
  const { ingestPort, queryPort, persistPort, deadletterPort, healthPort, brokerPort } = localSettings;
  const functions = {
    ingest: ingestPort,
    query: queryPort,
    persist: persistPort,
    deadletter: deadletterPort,
    health: healthPort,
  };
  for (const [name, { fallback }] of Object.entries(functions)) {
    expect(RUNBOOK).toMatch(new RegExp(`pulse-${name} +\\| .localhost:${fallback}.`));
  }
  const known = [...Object.values(functions), brokerPort].map(({ fallback }) => String(fallback));
  const asked = [...RUNBOOK.matchAll(/localhost:(\d+)/g)].map(([, port]) => port);
  expect([...known, "9093"]).toEqual(expect.arrayContaining(asked)); // 9093 is Alertmanager's
});

/** How long an alert's condition must hold. */
function holdOf(name: string): string {
  const minutes = /^(\d+)m$/.exec(ALERTS.find(({ alert }) => alert === name)?.for ?? "")?.[1];
  return durationInWords(Number(minutes) * 60);
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(6))} %`;
}

/** How long the broker retries a delivery that fails at once, to the half minute. */
function retryMinutes(): number {
  const { retry = 0, backoffPolicy, backoffDelay } = TRIGGERS[0]?.spec.delivery ?? {};
  expect(backoffPolicy).toBe("exponential");
  const seconds = Number(/^PT(.+)S$/.exec(backoffDelay ?? "")?.[1]) * (2 ** retry - 1);
  return Math.round(seconds / 30) / 2;
}

/** How long it retries one whose tries end by their time-out. */
function hangingMinutes(): number {
  const { retry = 0, timeout } = TRIGGERS[0]?.spec.delivery ?? {};
  return Math.round(retryMinutes() + ((retry + 1) * Number(/^PT(.+)S$/.exec(timeout ?? "")?.[1])) / 60);
}

/** What the ledger's alert of the durable profile waits for and compares. */
function durableLedgerHours(): string[] {
  const { delivery } = parse(readFileSync("infra/charts/pulsemesh/values-durable.yaml", "utf8"));
  const { holdSeconds, meanSeconds } = ledgerTimesOf(delivery);
  return [`${holdSeconds / 3600} hours`, `last ${meanSeconds / 3600 + 1} hours`];
}

it("the runbook names scripts and metrics that exist", () => {
  const { scripts } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  for (const [, script] of RUNBOOK.matchAll(/npm run (\S+?)[`\s]/g)) expect(Object.keys(scripts)).toContain(script);
  const names = Object.values(METRICS).join(" ");
  for (const [, words] of RUNBOOK.matchAll(/grep -E '(?:store|emit)_\(([a-z_|]+)\)/g)) {
    for (const word of words?.split("|") ?? []) expect(names).toContain(`_${word}`);
  }
});

it("every alert says how urgent it is and what users notice", () => {
  for (const { labels, annotations } of ALERTS) {
    expect(["critical", "warning"]).toContain(labels.severity);
    expect(annotations.summary).toMatch(/\.$/);
    expect(annotations.description).not.toBe("");
  }
});
