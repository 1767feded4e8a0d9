import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { describe, expect, it } from "vitest";
import type { HealthRun } from "../../events/health-run.ts";
import { INCIDENT_TYPES, incidentEventOf } from "../../events/incident-event.ts";
import type { ToldRun } from "../../storage/health-ports.ts";
import { incidentNewsOf, withTold } from "./incident-news.ts";
import { untoldOf } from "./news.ts";

const MINUTE = 60_000;
const runs = (...all: [minute: number, health: HealthRun["health"]][]): HealthRun[] =>
  all.map(([minute, health]) => {
    const since = minute * MINUTE;
    return { since, health, confirmedAt: since + 10_000, cause: "2 of 2 pulses said 503" };
  });

/** Tells all that is new; the incident events as `detected 10 at 20`: of the incident since minute 10, at minute 20. */
function tell(of: HealthRun[], before: ToldRun[] = []): { said: string[]; told: ToldRun[] } {
  let told = before;
  const said: string[] = [];
  for (const untold of untoldOf("checkout", { runs: of, told, from: 0 })) {
    const incident = incidentNewsOf(untold, told);
    if (incident) said.push(`${incident.kind} ${incident.incidentSince / MINUTE} at ${untold.news.since / MINUTE}`);
    told = withTold(told, untold.told);
  }
  return { said, told };
}

describe("incident events", () => {
  it("are one when a service comes into trouble, and one when it is out of it, however it changed between", () => {
    expect(tell(runs([0, "up"], [10, "degraded"], [12, "down"], [15, "late"], [20, "up"])).said).toEqual([
      "detected 10 at 10",
      "resolved 10 at 20",
    ]);
    expect(tell(runs([0, "down"])).said).toEqual(["detected 0 at 0"]);
  });

  it("name the same incident where the trouble is back within five minutes, and else another", () => {
    expect(tell(runs([0, "up"], [10, "down"], [20, "up"], [24, "down"], [30, "up"], [36, "down"])).said).toEqual([
      "detected 10 at 10",
      "resolved 10 at 20",
      "detected 10 at 24",
      "resolved 10 at 30",
      "detected 36 at 36",
    ]);
  });

  it("do not call resolved what nobody sees", () => {
    expect(
      tell(runs([0, "up"], [10, "down"], [20, "unknown"], [30, "late"], [40, "unknown"], [50, "up"])).said,
    ).toEqual(["detected 10 at 10", "resolved 10 at 50"]);
  });

  it("follow a revision only where it changes how the service is now", () => {
    const { told } = tell(runs([0, "up"], [10, "down"]));
    expect(tell(runs([0, "up"]), told).said).toEqual(["resolved 10 at 10"]);
    const ended = tell(runs([0, "up"], [10, "down"], [20, "up"])).told;
    expect(tell(runs([0, "up"], [5, "late"], [10, "down"], [20, "up"]), ended).said).toEqual([]);
    expect(tell(runs([0, "up"]), ended).said).toEqual([]);
    expect(tell(runs([0, "up"], [10, "down"]), ended).said).toEqual(["detected 10 at 20"]);
  });

  it("resolve what was told of too long ago to be read", () => {
    const all = runs([0, "down"], [20, "up"]);
    const [untold] = untoldOf("checkout", { runs: all, told: [], from: 15 * MINUTE });
    expect(incidentNewsOf(untold as never, [], 0)).toMatchObject({ kind: "resolved", incidentSince: 0 });
  });

  // What the schemas of CDEvents 0.5.0 demand of incidentdetected and incidentresolved, in which nothing else may stand.
  const text = { type: "string", minLength: 1 };
  const object = (properties: Record<string, object>, optional: readonly string[] = []) => ({
    type: "object",
    properties,
    required: Object.keys(properties).filter((name) => !optional.includes(name)),
    additionalProperties: false,
  });
  const reference = object({ id: text, source: { ...text, format: "uri-reference" } }, ["source"]);
  const schemaOf = (type: string) =>
    object(
      {
        context: object({
          specversion: { const: "0.5.0" },
          id: text,
          source: { ...text, format: "uri-reference" },
          type: { const: type },
          timestamp: { type: "string", format: "date-time" },
        }),
        subject: object(
          {
            id: text,
            source: { ...text, format: "uri-reference" },
            content: object({ description: { type: "string" }, environment: reference, service: reference }, [
              "description",
              "service",
            ]),
          },
          ["source"],
        ),
        customData: { type: "object" },
        customDataContentType: { type: "string" },
      },
      ["customData", "customDataContentType"],
    );

  it.each(["detected", "resolved"] as const)("%s is valid by CDEvents, and a CloudEvent by its binding", (kind) => {
    const of = runs([0, "up"], [10, "down"], [20, "up"]);
    const news = untoldOf("shop/checkout", { runs: of, told: [], from: 0 }).map((untold) => untold.news);
    const event = incidentEventOf(
      { kind, incidentSince: 10 * MINUTE, news: news[kind === "detected" ? 1 : 2] as never },
      "production",
    );
    const body = JSON.parse(String((event.data as { bytes: Buffer }).bytes));
    const ajv = new Ajv2020();
    addFormats.default(ajv);
    const validate = ajv.compile(schemaOf(INCIDENT_TYPES[kind]));
    expect(validate(body), JSON.stringify(validate.errors)).toBe(true);
    const { id, source, type, timestamp } = body.context;
    expect(event).toMatchObject({ id, source, type, time: timestamp, subject: body.subject.id });
    expect(event.extensions).toEqual({ partitionkey: "shop/checkout" });
    expect(body).toMatchObject({
      context: { id: kind === "detected" ? "shop/checkout/600000/down/0/incident" : expect.any(String) },
      subject: { id: "shop/checkout/600000", content: { environment: { id: "production" } } },
      customData: { service_name: "shop/checkout", health: kind === "detected" ? "down" : "up" },
    });
  });
});
