import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSqlitePulseStore } from "../../storage/sqlite/pulse-store.ts";
import { createLogger } from "../log.ts";
import { type FunctionHost, openFunctionHost } from "../testing/function-host.ts";
import { createQuery } from "./handler.ts";

interface Description {
  openapi: string;
  paths: Record<string, Record<string, { operationId: string; parameters: { name: string; in: string }[] }>>;
  components: { schemas: Record<string, object> };
}

const DAY = 86_400_000;
const folder = mkdtempSync(join(tmpdir(), "pulse-openapi-"));
const store = openSqlitePulseStore({
  file: join(folder, "pulses.db"),
  maxBytes: 64 * 1024 * 1024,
  retentionMs: 30 * DAY,
});
const fn = createQuery({ store, retentionMs: 30 * DAY, log: createLogger("silent", "pulse-query") });
let host: FunctionHost;
let description: Description;

beforeAll(async () => {
  host = await openFunctionHost(() => fn);
  const pulse = { service_name: "checkout", latency_ms: 12.5, source: "/test", event_time: Date.now() };
  await store.write([
    { ...pulse, id: "1", status: "ok" },
    { ...pulse, id: "2", status: "503", metadata: { region: "eu" } },
  ]);
  description = (await (await fetch(`${host.url}/openapi.json`)).json()) as Description;
});
afterAll(async () => {
  await host.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("the description of the API", () => {
  it("is OpenAPI 3.1", async () => {
    const validator = new Validator();
    expect(await validator.validate({ ...structuredClone(description) })).toMatchObject({ valid: true });
    expect(validator.version).toBe("3.1");
  });

  it("has every route besides the page's, and no other", () => {
    const described = Object.entries(description.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const routes = fn.routes.map(({ method, path }) => `${method} ${path}`);
    expect(described.sort()).toEqual(routes.filter((route) => !/^GET \/(page\..*)?$/.test(route)).sort());
    const ids = Object.values(description.paths).flatMap((methods) => Object.values(methods).map((o) => o.operationId));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toContain("getServicesServiceBadgeSvg");
  });

  it.each(["pulses", "summary"])("has the parameters that %s takes", async (name) => {
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
    ["Problem", "/services?nonsense=1"],
    ["Problem", "/services/nobody"],
  ])("has the schema %s that %s keeps, to the last member", async (name, path) => {
    const ajv = new Ajv2020({ strict: false });
    addFormats.default(ajv);
    ajv.addSchema({ $id: "api:", components: description.components });
    const validate = ajv.compile({ $ref: `api:#/components/schemas/${name}` });
    const answer = await (await fetch(`${host.url}${path}`)).json();
    expect(validate(answer), JSON.stringify(validate.errors)).toBe(true);
  });
});
