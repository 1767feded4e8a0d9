// What others make of the API: clients from its description, and tables from an export.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { isSkippedWithout } from "../dashboards/testing/tools.ts";
import { describeApi } from "../functions/pulse-query/openapi.ts";
import { temporaryFolder } from "../local/testing/temporary-folder.ts";
import { codeBlocksOf, readDocument } from "./documents.ts";
import { startPlatform, until } from "./platform.ts";
import { installPython, writeProgram } from "./senders/clients.ts";

const run = (program: string, args: string[], cwd: string) => execFileSync(program, args, { cwd, encoding: "utf8" });

function describedIn(folder: string): string {
  const file = join(folder, "openapi.json");
  writeFileSync(file, JSON.stringify(describeApi()));
  return file;
}

it("openapi-typescript and Redocly read the description", () => {
  const folder = temporaryFolder();
  const file = describedIn(folder);
  run("npm", ["init", "-y"], folder);
  run("npm", ["install", "--no-audit", "--no-fund", "openapi-typescript@7.13.0", "@redocly/cli@2.77.0"], folder);
  const types = run("npx", ["openapi-typescript", file], folder);
  expect(types).toMatch(/HealthCounts: \{\s+up: number;\s+degraded: number;\s+down: number;\s+unknown: number;/);
  run("npx", ["redocly", "lint", file], folder);
});

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
  const platform = await startPlatform();
  try {
    expect((await fetch(`${platform.ingest}/ping/checkout`)).status).toBe(200);
    await until("the pulse to be stored", async () =>
      (await (await fetch(`${platform.query}/services`)).text()).includes("checkout"),
    );
    const code = [
      "from client import Client",
      "from client.api.default import get_services_service_summary as summary",
      `print(summary.sync("checkout", client=Client(base_url="${platform.query}")).health.up)`,
    ];
    expect(run(python, [writeProgram(folder, "ask.py", code.join("\n"))], folder)).toBe("1\n");
  } finally {
    await platform.dispose();
  }
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
    { ...pulse, latency_ms: 12, metadata: {}, health: "up" },
    { ...pulse, latency_ms: 12.5, metadata: { region: "eu" }, health: "up" },
  ];
  writeFileSync(join(folder, "checkout.ndjson"), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const [code = ""] = codeBlocksOf(readDocument("docs/api.md"), "python");
  expect(run(python, [writeProgram(folder, "read.py", code)], folder)).toBe("[(2, 12.25, 'eu')]\n12.25\n12.25\n");
});
