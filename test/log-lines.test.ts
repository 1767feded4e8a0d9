// The lines that a function writes have every field that the dashboard Logs asks for and Alloy takes.
import { readFileSync } from "node:fs";
import { beforeAll, expect, it } from "vitest";
import { boards } from "../dashboards/boards/boards.ts";
import { fillIn, queriesOfBoard } from "../dashboards/testing/queries.ts";
import { REAL_TIME } from "../dashboards/timing.ts";
import { openBroker } from "../functions/testing/broker.ts";
import { FUNCTIONS } from "../settings/function-settings.ts";
import { startFunction } from "./function-process.ts";
import { runLogQl } from "./logql.ts";

const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const VALUES = { namespace: "pulsemesh", function: "pulse-ingest", search: TRACE, __auto: "1m" };
const ALLOY = readFileSync("dashboards/logs.alloy", "utf8");

let lines: string[] = [];
/** The labels that Alloy gives to the stream of a function's container. */
const POD: Record<string, string> = { namespace: VALUES.namespace, container: "user-container", pod: "pulse-ingest-1" };
const stream = Object.fromEntries(
  [...ALLOY.matchAll(/target_label\s*=\s*"(\w+)"/g)].map(([, label = ""]) => [label, POD[label] ?? ""]),
);

// Two refused requests with a trace: one has a fault, the other one the broker does not take.
beforeAll(async () => {
  const broker = await openBroker();
  broker.answer = () => 400;
  const ingest = await startFunction("pulse-ingest", { env: { K_SINK: broker.url, PULSE_LOG_LEVEL: "info" } });
  const headers = { "content-type": "application/json", traceparent: TRACE };
  const answers: number[] = [];
  for (const latency_ms of ["slow", 12.5]) {
    const body = JSON.stringify({ service_name: "checkout", latency_ms, status: "ok" });
    answers.push((await fetch(`${ingest.url}/pulse`, { method: "POST", headers, body })).status);
  }
  await ingest.stop();
  await broker.close();
  expect(answers).toEqual([400, 422]);
  lines = ingest.lines;
});

const queries = queriesOfBoard(boards(REAL_TIME).logs);

it.each(queries.map(({ place, expr }) => [place, expr]))("%s finds lines with every field that it names", (_, expr) => {
  const { found, named } = runLogQl(fillIn(expr, VALUES), lines, stream);
  expect(named.size).toBeGreaterThan(0);
  expect(found.filter((fields) => [...named].every((name) => name in fields))).not.toEqual([]);
});

it("finds nothing by a field or a value that no line has", () => {
  const ask = (pipeline: string) => () => runLogQl(`{container="user-container"} | json | ${pipeline}`, lines, stream);
  expect(ask('msg="request refused"')().found).toHaveLength(2);
  expect(ask('msg="refused"')().found).toEqual([]);
  expect(ask("severity >= 40")).toThrow("Expected a field severity");
  expect(ask("drop level")).toThrow("that this test knows");
  expect(ask("pattern `<_>`")).toThrow("teach it to this test");
});

it("a line has a level and a function that the dashboard offers, and its time in ms for Alloy", () => {
  const [, taken] = /stage\.json \{\s*expressions = \{ (\w+) = "\1" \}/.exec(ALLOY) ?? [];
  expect(ALLOY).toMatch(new RegExp(`source = "${taken}"\\s+format = "UnixMs"`));
  for (const line of lines.map((text) => JSON.parse(text))) {
    expect([30, 40, 50, 60]).toContain(line.level);
    expect(FUNCTIONS).toContain(line.function);
    expect(Math.abs(Date.now() - line[taken ?? ""])).toBeLessThan(60_000);
  }
});

it("Alloy reads the chart's pods, by their label and the names of their containers", () => {
  const [, name, value] = /label = "([^"=]+)=([^"]+)"/.exec(ALLOY) ?? [];
  const [, containers] = /regex\s+= "([^"]+)"\s+action\s+= "keep"/.exec(ALLOY) ?? [];
  // Knative calls a container without a name user-container.
  for (const [file, container] of [
    ["functions", "user-container"],
    ["schema-job", "schema"],
  ] as const) {
    const template = readFileSync(`infra/charts/pulsemesh/templates/${file}.yaml`, "utf8");
    expect(template).toContain(`${name}: ${value}\n`);
    const [, own = "user-container"] = /containers:\n\s+- name: (.*)/.exec(template) ?? [];
    expect(own).toBe(container);
    expect(own).toMatch(new RegExp(`^(?:${containers})$`));
  }
});
