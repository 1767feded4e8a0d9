// What others make of the API: clients from its description, and tables from an export.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { isSkippedWithout } from "../dashboards/testing/tools.ts";
import { entry, requestOf, toJson } from "../functions/pulse-ingest/otlp/testing/otlp-requests.ts";
import { describeApi } from "../functions/pulse-query/openapi.ts";
import { temporaryFolder } from "../local/testing/temporary-folder.ts";
import { codeBlocksOf, readDocument } from "./documents.ts";
import { type Platform, startPlatform } from "./platform.ts";
import { identityOf, installPython, pulsesOf, type ReadPulse, writeProgram } from "./senders/clients.ts";

const run = (program: string, args: string[], cwd: string) => execFileSync(program, args, { cwd, encoding: "utf8" });

function describedIn(folder: string): string {
  const file = join(folder, "openapi.json");
  writeFileSync(file, JSON.stringify(describeApi()));
  return file;
}

/** A platform that has two pulses of one service, the newer one first: one of plain JSON with metadata, and one of a span. */
async function startWithPulses(): Promise<{ platform: Platform; pulses: ReadPulse[] }> {
  const platform = await startPlatform();
  onTestFinished(platform.dispose);
  const { traceId = "", spanId = "", end = 0n, ...span } = entry();
  const spanEnd = Number(end / 1_000_000n);
  const common = { service_name: "checkout", latency_ms: 12.5 };
  const plain = { ...common, id: "1", event_time: spanEnd - 1000, status: "503", metadata: { region: "eu" } };
  for (const [path, body] of [
    ["/pulse", JSON.stringify(plain)],
    ["/v1/traces", toJson(requestOf([{ ...span, traceId, spanId, end }]))],
  ] as const) {
    const headers = { "content-type": "application/json" };
    expect((await fetch(`${platform.ingest}${path}`, { method: "POST", headers, body })).ok).toBe(true);
  }
  await vi.waitFor(async () => expect(await pulsesOf(platform, "checkout")).toHaveLength(2));
  return {
    platform,
    pulses: [
      {
        ...common,
        ...identityOf(traceId, spanId),
        event_time: new Date(spanEnd).toISOString(),
        source: "/otlp",
        status: "ok",
        health: "up",
        metadata: { name: "GET /" },
      },
      {
        ...plain,
        event_time: new Date(spanEnd - 1000).toISOString(),
        source: "/pulse",
        health: "down",
        traceparent: null,
      },
    ],
  };
}

const IN_TYPESCRIPT = `
import createClient from "openapi-fetch";
import type { components, paths } from "./api.d.ts";
const client = createClient<paths>({ baseUrl: "URL" });
const path = { service: "checkout" };
const summary = await client.GET("/services/{service}/summary", { params: { path } });
const { up, down }: { up: number; down: number } = summary.data!.health;
const headers = { accept: "application/x-ndjson" };
const lines = await client.GET("/services/{service}/pulses", { params: { path }, headers, parseAs: "text" });
const read = (line: string): components["schemas"]["Pulse"] => JSON.parse(line);
console.log(JSON.stringify({ up, down, pulses: (lines.data as string).trim().split("\\n").map(read) }));
`;

it("openapi-typescript and Redocly read the description, and a client of openapi-fetch reads an export", async () => {
  const folder = temporaryFolder();
  const file = describedIn(folder);
  const packages = ["openapi-typescript@7.13.0", "openapi-fetch@0.17.0", "@redocly/cli@2.77.0"];
  run("npm", ["init", "-y"], folder);
  run("npm", ["install", "--no-audit", "--no-fund", ...packages], folder);
  run("npx", ["openapi-typescript", file, "--output", "api.d.ts"], folder);
  const types = readFileSync(join(folder, "api.d.ts"), "utf8");
  expect(types).toMatch(/HealthCounts: \{\s+up: number;\s+degraded: number;\s+down: number;\s+unknown: number;/);
  run("npx", ["redocly", "lint", file], folder);
  const { platform, pulses } = await startWithPulses();
  const program = writeProgram(folder, "ask.mts", IN_TYPESCRIPT.replace("URL", platform.query));
  const options = "--noEmit --strict --allowImportingTsExtensions --module nodenext --target esnext --lib esnext,dom";
  run("npx", ["tsc", ...options.split(" "), program], folder);
  expect(JSON.parse(run(process.execPath, [program], folder))).toEqual({ up: 1, down: 1, pulses });
});

// A method of the client is for one form of an answer, a page: the lines of an export are read with its model.
const IN_PYTHON = `
import json
from client import Client
from client.api.default import get_services_service_summary as summary
from client.models import Pulse
client = Client(base_url="URL")
health = summary.sync("checkout", client=client).health
headers = {"accept": "application/x-ndjson"}
lines = client.get_httpx_client().get("/services/checkout/pulses", headers=headers).text.splitlines()
pulses = [Pulse.from_dict(json.loads(line)).to_dict() for line in lines]
print(json.dumps({"up": health.up, "down": health.down, "pulses": pulses}))
`;

it.skipIf(isSkippedWithout("python3"))("openapi-python-client makes a client that answers are read with", async () => {
  const folder = temporaryFolder();
  const file = describedIn(folder);
  const python = installPython(["openapi-python-client==0.29.1"], join(folder, "python"));
  const client = join(folder, "client");
  run(
    join(python, "../openapi-python-client"),
    ["generate", "--path", file, "--output-path", client, "--meta", "none"],
    folder,
  );
  const { platform, pulses } = await startWithPulses();
  const program = writeProgram(folder, "ask.py", IN_PYTHON.replace("URL", platform.query));
  // Python writes a time with +00:00.
  const pythonTime = (time: string) => time.replace("Z", "000+00:00");
  expect(JSON.parse(run(python, [program], folder))).toEqual({
    up: 1,
    down: 1,
    pulses: pulses.map((pulse) => ({ ...pulse, event_time: pythonTime(pulse.event_time) })),
  });
});

it.skipIf(isSkippedWithout("python3"))("DuckDB, polars and pandas read an export", () => {
  const folder = temporaryFolder();
  const python = installPython(["duckdb==2.0.1", "polars==2.1.0", "pandas==3.1.1"], join(folder, "python"));
  const pulse = {
    service_name: "checkout",
    event_time: "2026-11-29T18:00:02.399Z",
    status: "200",
    id: "1",
    source: "/pulse",
  };
  const lines = [
    { ...pulse, latency_ms: 12, metadata: {}, health: "up", traceparent: null },
    { ...pulse, latency_ms: 12.5, metadata: { region: "eu" }, health: "up", traceparent: null },
  ];
  writeFileSync(join(folder, "checkout.ndjson"), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const [code = ""] = codeBlocksOf(readDocument("docs/api.md"), "python");
  expect(run(python, [writeProgram(folder, "read.py", code)], folder)).toBe("[(2, 12.25, 'eu')]\n12.25\n12.25\n");
});
