import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { beforeAll, describe, expect, it } from "vitest";
import { REASONS } from "../dead-letter-reason.ts";
import { fn, host, pulseOf, put } from "../testing/query-function.ts";

interface Description {
  openapi: string;
  paths: Record<string, Record<string, { operationId: string; parameters: { name: string; in: string }[] }>>;
  components: { schemas: Record<string, object> };
}

let description: Description;
beforeAll(async () => {
  await put(
    pulseOf({ service_name: "checkout" }),
    pulseOf({ service_name: "checkout", status: "503", metadata: { region: "eu" } }),
  );
  description = (await (await fetch(`${host.url}/openapi.json`)).json()) as Description;
});

describe("the description of the API", () => {
  it("is OpenAPI 3.1", async () => {
    const validator = new Validator();
    expect(await validator.validate({ ...structuredClone(description) })).toMatchObject({ valid: true });
    expect(validator.version).toBe("3.1");
  });

  it("has every route except the page's, and no other", () => {
    const described = Object.entries(description.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const routes = fn.routes.map(({ method, path }) => `${method} ${path}`);
    expect(described.sort()).toEqual(routes.filter((route) => !/^GET \/(page\..*)?$/.test(route)).sort());
    const ids = Object.values(description.paths).flatMap((methods) => Object.values(methods).map((o) => o.operationId));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toContain("getServicesServiceBadgeSvg");
  });

  it("says what an answer is, and how exact", () => {
    expect(description.components.schemas).toMatchObject({
      Services: { description: expect.stringMatching(/^A page of services/) },
      LatencySummary: { description: expect.stringContaining("exact for up to 500 pulses") },
    });
  });

  it("has the header by which a stream goes on, and what DeadLetter gives as its reason", () => {
    const { parameters } = description.paths["/services/{service}/live"]?.get ?? { parameters: [] };
    expect(parameters.map((parameter) => [parameter.in, parameter.name])).toEqual([
      ["path", "service"],
      ["header", "Last-Event-ID"],
    ]);
    expect(description.components.schemas.DeadLetter).toMatchObject({ properties: { reason: { enum: REASONS } } });
  });

  it.each(["pulses", "summary", "history", "uptime", "markers"])("has the parameters that %s takes", async (name) => {
    const { parameters = [] } = description.paths[`/services/{service}/${name}`]?.get ?? {};
    const names = parameters.filter((parameter) => parameter.in === "query").map((parameter) => parameter.name);
    const refusal = await (await fetch(`${host.url}/services/a/${name}?nonsense=1`)).json();
    expect(refusal).toMatchObject({ errors: [{ rule: `Expected only ${names.join(", ")}` }] });
  });

  it.each([
    ["Services", "/services"],
    ["ServiceDetail", "/services/checkout"],
    ["Pulses", "/services/checkout/pulses?limit=1"],
    ["Summary", "/services/checkout/summary?buckets=3"],
    ["HealthHistory", "/services/checkout/history"],
    ["Uptime", "/services/checkout/uptime?month=2026-11&by=day&tz=Europe/Berlin"],
    ["Histories", "/histories?services=checkout,nobody"],
    ["Incidents", "/incidents"],
    ["Markers", "/services/checkout/markers"],
    ["Problem", "/services?nonsense=1"],
    ["Problem", "/services/nobody"],
  ])("has the schema %s that all of %s follows", async (name, path) => {
    const ajv = new Ajv2020({ strict: false });
    addFormats.default(ajv);
    ajv.addSchema({ $id: "api:", components: description.components });
    const validate = ajv.compile({ $ref: `api:#/components/schemas/${name}` });
    const answer = await (await fetch(`${host.url}${path}`)).json();
    expect(validate(answer), JSON.stringify(validate.errors)).toBe(true);
  });

  it("has the schema Pulse that each line of an export follows", async () => {
    const ajv = new Ajv2020({ strict: false });
    addFormats.default(ajv);
    ajv.addSchema({ $id: "api:", components: description.components });
    const validate = ajv.compile({ $ref: "api:#/components/schemas/Pulse" });
    const headers = { accept: "application/x-ndjson" };
    const lines = await (await fetch(`${host.url}/services/checkout/pulses`, { headers })).text();
    expect(lines.trimEnd().split("\n")).toHaveLength(2);
    for (const line of lines.trimEnd().split("\n")) {
      expect(validate(JSON.parse(line)), JSON.stringify(validate.errors)).toBe(true);
    }
  });

  it("names the fields of a pulse that corrects a dead letter", () => {
    const ajv = new Ajv2020({ strict: false });
    addFormats.default(ajv);
    const validate = ajv.compile(description.components.schemas.Correction as object);
    const pulse = { service_name: "checkout", latency_ms: 1, status: 200, metadata: { region: "eu" } };
    const carried = { ...pulse, id: "1", source: "/shop", event_time: "2026-11-29T18:00:02Z" };
    const bodies = [pulse, { pulses: [carried] }, {}, carried, { ...pulse, latency: 1 }, { pulses: [{}] }];
    expect(bodies.map((body) => validate(body))).toEqual([true, true, false, false, false, false]);
  });
});
