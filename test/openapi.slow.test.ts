// Schemathesis makes requests of /openapi.json and holds the answers against it.
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { postEvent } from "../functions/testing/post-event.ts";
import { type Platform, startPlatform, until } from "./platform.ts";

const folder = mkdtempSync(join(tmpdir(), "pulsemesh-schemathesis-"));
const EXAMPLES = process.env.OPENAPI_EXAMPLES ?? "50";
// A schema cannot say that `from` comes before `to` and within what is kept, that a cursor comes from the page before, which
// texts are a URL without a user or a window, that a month stands alone, and what a corrected pulse is.
const CONFIG = `
[[operations]]
include-path-regex = "/(services|pulses|summary|trends|histor(y|ies)|uptime|incidents|markers|maintenance|badge.(svg|json)|dead-letters|replay)$"
checks.positive_data_acceptance.enabled = false
`;
let platform: Platform;

const config = join(folder, "schemathesis.toml");

beforeAll(async () => {
  execFileSync("python3", ["-m", "venv", folder]);
  execFileSync(join(folder, "bin", "python"), ["-m", "pip", "install", "--quiet", "schemathesis==4.32.5"]);
  writeFileSync(config, CONFIG);
  platform = await startPlatform();
});
afterAll(async () => {
  await platform?.dispose();
  rmSync(folder, { recursive: true });
});

it("every answer is one that the API's description has", async () => {
  const pulse = { service_name: "checkout", latency_ms: 12.5, status: "ok", metadata: { region: "eu" } };
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify([pulse, { ...pulse, status: "error", latency_ms: 99 }]);
  expect((await fetch(`${platform.ingest}/pulse`, { method: "POST", headers, body })).status).toBe(202);
  expect((await postEvent(platform.broker, {}, { ...pulse, latency_ms: "slow" })).status).toBe(202);
  await until("a dead letter and a service to be there", async () => {
    const paths = ["services", "dead-letters"];
    const lists = await Promise.all(paths.map(async (path) => (await fetch(`${platform.query}/${path}`)).text()));
    return lists.every((list) => list.includes("checkout"));
  });
  const options = [
    ["--max-examples", EXAMPLES],
    ["--request-timeout", "10"],
    // Streams do not end.
    ["--exclude-path-regex", "live$"],
  ].flat();
  const run = promisify(execFile)(
    join(folder, "bin", "st"),
    ["--config-file", config, "run", `${platform.query}/openapi.json`, "--no-color", ...options],
    { cwd: folder, maxBuffer: 64 * 1024 * 1024 },
  );
  const { stdout } = await run.catch((error: { stdout: string }) => {
    throw new Error(`Expected schemathesis to find no fault, got:\n${error.stdout.slice(-8000)}`);
  });
  const [, selected = ""] = /Selected: (\d+)\//.exec(stdout) ?? [];
  expect(Number(selected)).toBeGreaterThanOrEqual(13);
  expect(stdout).toMatch(new RegExp(`Fuzzing \\(in .*\\)\\s+✅ ${selected} passed`));
});
