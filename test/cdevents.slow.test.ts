// Incident events against the schemas that CDEvents publishes, as its SDK for Go has them.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020, type AnySchemaObject } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { beforeAll, describe, expect, it } from "vitest";
import { isSkippedWithout } from "../dashboards/testing/tools.ts";
import type { HealthRun } from "../events/health-run.ts";
import { incidentEventOf } from "../events/incident-event.ts";
import { runsAt, tellIncidents } from "../functions/pulse-health/testing/told-incidents.ts";

const SDK = "github.com/cdevents/sdk-go@v0.5.0";

/** Every published schema of a version of CDEvents. In the SDK's source each stands behind its id. */
function publishedSchemas(specVersion: string): AnySchemaObject[] {
  const { Dir } = JSON.parse(execFileSync("go", ["mod", "download", "-json", SDK], { encoding: "utf8" }));
  const source = readFileSync(join(Dir, "pkg/api/schemas.go"), "utf8");
  const all = [...source.matchAll(/"(https:\/\/cdevents\.dev\/[^"]+)": `([^`]+)`/g)];
  return all
    .filter(([, id]) => id?.startsWith(`https://cdevents.dev/${specVersion}/`))
    .map(([, , text]) => JSON.parse(text as string));
}

interface IncidentBody {
  context: Record<string, unknown>;
  subject: { id?: string; content: Record<string, unknown> };
  customData: unknown;
}

/** What incident events say of each kind of change. */
function bodiesOf(runs: readonly HealthRun[], revised: readonly HealthRun[] = []): IncidentBody[] {
  const service = "shop/checkout";
  const { incidents, told } = tellIncidents(runs, { service });
  const later = revised.length === 0 ? [] : tellIncidents(revised, { service, before: told }).incidents;
  return [...incidents, ...later].map((news) => {
    const { data } = incidentEventOf(news, "production");
    return JSON.parse(String((data as { bytes: Buffer }).bytes));
  });
}

describe.skipIf(isSkippedWithout("go"))("incident events", { timeout: 600_000 }, () => {
  const ajv = new Ajv2020();
  addFormats.default(ajv);
  beforeAll(() => void ajv.addSchema(publishedSchemas("0.5.0")));

  /** What the schema of the body's type does not allow; nothing where the body is valid. */
  function faultsIn(body: IncidentBody, kind: string): string {
    const validate = ajv.getSchema(`https://cdevents.dev/0.5.0/schema/incident-${kind}-event`);
    expect(validate, "the published schema").toBeDefined();
    return validate?.(body) === true ? "" : ajv.errorsText(validate?.errors);
  }

  const up = runsAt([0, "up"]);
  it.each<[change: string, bodies: IncidentBody[], kinds: string[]]>([
    ["down and up", bodiesOf(runsAt([0, "up"], [10, "down"], [20, "up"])), ["detected", "resolved"]],
    ["late and up", bodiesOf(runsAt([0, "up"], [10, "late"], [20, "up"])), ["detected", "resolved"]],
    ["degraded and up", bodiesOf(runsAt([0, "up"], [10, "degraded"], [20, "up"])), ["detected", "resolved"]],
    [
      "down, and again within five minutes",
      bodiesOf(runsAt([0, "down"], [10, "up"], [12, "down"])),
      ["detected", "resolved", "detected"],
    ],
    ["down, unknown and up", bodiesOf(runsAt([0, "down"], [10, "unknown"], [20, "up"])), ["detected", "resolved"]],
    ["what late pulses take back", bodiesOf(runsAt([0, "up"], [10, "down"]), up), ["detected", "resolved"]],
    ["what late pulses find", bodiesOf(up, runsAt([0, "late"])), ["detected"]],
    [
      "a first run that late pulses take back",
      bodiesOf(runsAt([0, "down"]), runsAt([5, "up"])),
      ["detected", "resolved"],
    ],
  ])("of %s are valid by the published schemas", (_, bodies, kinds) => {
    expect(bodies.map(({ context }) => context.type)).toEqual(
      kinds.map((kind) => `dev.cdevents.incident.${kind}.0.3.0`),
    );
    expect(bodies.map((body, i) => faultsIn(body, kinds[i] as string))).toEqual(bodies.map(() => ""));
  });

  it.each<[fault: string, spoil: (body: IncidentBody) => void]>([
    ["no environment", ({ subject }) => delete subject.content.environment],
    ["a ticket", ({ subject }) => Object.assign(subject.content, { ticketURI: "https://tickets.example/1" })],
    ["no subject's id", ({ subject }) => delete subject.id],
    ["a time that is none", ({ context }) => Object.assign(context, { timestamp: "yesterday" })],
    ["the version of another specification", ({ context }) => Object.assign(context, { version: "0.4.1" })],
    [
      "the type of another version",
      ({ context }) => Object.assign(context, { type: "dev.cdevents.incident.detected.0.2.0" }),
    ],
    ["data that is a list", (body) => Object.assign(body, { customData: [] })],
  ])("with %s would be refused", (_, spoil) => {
    const [body] = bodiesOf(runsAt([0, "down"]));
    spoil(body as IncidentBody);
    expect(faultsIn(body as IncidentBody, "detected")).not.toBe("");
  });
});
