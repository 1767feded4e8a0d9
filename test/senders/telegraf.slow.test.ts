// Telegraf, compiled from its module: what it checked is stored field by field, and what a resend is depends on the recipe.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import jsonata from "jsonata";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { parse } from "yaml";
import { isSkippedWithout } from "../../dashboards/testing/tools.ts";
import { temporaryFolder } from "../../local/testing/temporary-folder.ts";
import { freePort } from "../../settings/tcp-ports.ts";
import { type Platform, startPlatform } from "../platform.ts";
import {
  byId,
  expectPulse,
  hereIs,
  installGo,
  MADE_ID,
  pulsesOf,
  type ReadPulse,
  recipesIn,
  runClient,
  writeProgram,
} from "./clients.ts";
import { type Gateway, openGateway } from "./gateway.ts";

/** Compiling telegraf takes minutes where Go's cache is empty. */
const TIMEOUT_MS = 1_800_000;
const PATIENT = { timeout: 120_000 };
const PLUGINS =
  "custom,inputs.exec,inputs.http_response,outputs.http,parsers.influx,serializers.json,serializers.cloudevents";
const AGENT = '[agent]\n  interval = "1s"\n  flush_interval = "1s"\n';

const [RECIPE = ""] = recipesIn("toml");
const OUTPUT = RECIPE.slice(RECIPE.indexOf("[[outputs.http]]"));

/** An input that has one check of a site, once. */
function oneCheck(folder: string, service: string, seconds = Math.floor(Date.now() / 1000)): string {
  const fields = 'response_time=0.0125,http_response_code=200i,result_type="success"';
  const line = `http_response,service=${service} ${fields} ${seconds}000000000`;
  const script = writeProgram(folder, "once.sh", `test -e done || { touch done; echo '${line}'; }\n`);
  return `[[inputs.exec]]\n  commands = ["sh -c 'cd ${folder} && sh ${script}'"]\n  data_format = "influx"\n`;
}

describe.skipIf(isSkippedWithout("go"))("Telegraf", { timeout: TIMEOUT_MS }, () => {
  let platform: Platform;
  let telegraf: string;
  const programs = mkdtempSync(join(tmpdir(), "pulsemesh-telegraf-"));
  beforeAll(async () => {
    telegraf = installGo("github.com/influxdata/telegraf/cmd/telegraf@v1.37.2", PLUGINS, programs);
    platform = await startPlatform();
  }, TIMEOUT_MS);
  afterAll(async () => {
    await platform?.dispose();
    rmSync(programs, { recursive: true });
  });

  /** Runs Telegraf until the test ends. @returns what it has logged by then */
  function startTelegraf(config: string, folder: string): () => string {
    const file = writeProgram(folder, "telegraf.toml", config);
    const child = spawn(telegraf, ["--config", file], { stdio: ["ignore", "ignore", "pipe"] });
    let log = "";
    child.stderr.on("data", (chunk) => {
      log += chunk;
    });
    onTestFinished(async () => {
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    });
    return () => log;
  }

  async function gatewayTo(url: string, change?: (body: string) => Promise<string>): Promise<Gateway> {
    const gateway = await openGateway(url, change);
    onTestFinished(gateway.close);
    return gateway;
  }

  it.each([
    ["of a site that answers", "up", async () => `${platform.ingest}/health/live`, 200, "success"],
    [
      "of a site that is away",
      "away",
      async () => `http://127.0.0.1:${await freePort()}/`,
      "error",
      "connection_failed",
    ],
  ] as const)("checks %s become pulses", async (_, service, siteOf, status, result) => {
    const gateway = await gatewayTo(platform.ingest);
    const config = hereIs(RECIPE, { ...platform, ingest: gateway.url })
      .replace("https://shop.example/", await siteOf())
      .replace('"shop"', `"${service}"`);
    const file = writeProgram(temporaryFolder(), "telegraf.toml", config);
    const { from, to } = await runClient(telegraf, ["--config", file, "--once"], {});
    await vi.waitFor(async () => expect(await pulsesOf(platform, service)).toHaveLength(1), PATIENT);
    const [sent] = JSON.parse(gateway.bodies[0] as string);
    if (result === "success") expect(sent.latency_ms).toBeGreaterThan(0);
    const [pulse] = await pulsesOf(platform, service);
    expectPulse(
      pulse,
      // Telegraf rounds to a second.
      { from: from - 500, to: to + 500 },
      {
        service_name: service,
        id: `${hostname()}:${sent.event_time}`,
        source: "/pulse",
        event_time: new Date(sent.event_time).toISOString(),
        latency_ms: result === "success" ? sent.latency_ms : 0,
        status: String(status),
        health: result === "success" ? "up" : "down",
        metadata: { result },
        traceparent: null,
      },
    );
    expect(pulse?.latency_ms).toBeLessThanOrEqual(to - from);
  });

  it.each([
    ["once with an id of the metric", "with-id", OUTPUT, 1],
    ["twice without an id", "without-id", OUTPUT.replace('"id": tags.host & ":" & timestamp, ', ""), 2],
  ] as const)("a request whose answer was lost is stored %s", async (_, service, output, count) => {
    const folder = temporaryFolder();
    const gateway = await gatewayTo(platform.ingest);
    gateway.loseNextAnswer();
    const seconds = Math.floor(Date.now() / 1000);
    const input = oneCheck(folder, service, seconds);
    startTelegraf(AGENT + input + hereIs(output, { ...platform, ingest: gateway.url }), folder);
    await vi.waitFor(() => expect(gateway.statuses).toEqual([202, 202]), PATIENT);
    expect(gateway.bodies[1]).toBe(gateway.bodies[0]);
    const ids = count === 1 ? [`${hostname()}:${seconds}000`] : [MADE_ID, MADE_ID];
    await expectStored(
      ids.map((id) => ({ ...checkOf(service, seconds), id, source: "/pulse", metadata: { result: "success" } })),
    );
  });

  it("the form of CloudEvents is refused by pulse-ingest, which says why", async () => {
    const folder = temporaryFolder();
    const gateway = await gatewayTo(platform.ingest);
    const output = [
      `[[outputs.http]]`,
      `  url = "${gateway.url}/"`,
      `  headers = { content-type = "application/cloudevents-batch+json" }`,
      `  data_format = "cloudevents"`,
      `  cloudevents_event_type = "dev.pulsemesh.pulse.v1"`,
    ].join("\n");
    const log = startTelegraf(AGENT + oneCheck(folder, "refused") + output, folder);
    // It does not give up.
    await vi.waitFor(() => expect(gateway.statuses.slice(0, 2)).toEqual([400, 400]), PATIENT);
    expect(log()).toMatch(/received status code: 400\. body: .*service_name/);
    expect(await pulsesOf(platform, "refused")).toEqual([]);
  });

  const transform = () => parse(recipesIn("yaml").find((one) => one.includes("data.tags.host")) as string).jsonata;
  it.each([
    ["once where the transform takes the id from the metric", "event", () => transform().expression, 1],
    [
      "twice with the id that Telegraf gives",
      "event-twice",
      () => transform().expression.replace('data.tags.host & ":" & data.timestamp', "id"),
      2,
    ],
  ] as const)("an event whose answer was lost is stored %s", async (_, service, expressionOf, count) => {
    const folder = temporaryFolder();
    const expression = jsonata(expressionOf());
    const gateway = await gatewayTo(platform.broker, async (body) =>
      JSON.stringify(await expression.evaluate(JSON.parse(body))),
    );
    gateway.loseNextAnswer();
    const output = `[[outputs.http]]
  url = "${gateway.url}"
  headers = { content-type = "application/cloudevents+json" }
  data_format = "cloudevents"
  use_batch_format = false
`;
    const seconds = Math.floor(Date.now() / 1000);
    startTelegraf(AGENT + oneCheck(folder, service, seconds) + output, folder);
    await vi.waitFor(() => expect(gateway.statuses).toEqual([202, 202]), PATIENT);
    const [first, second] = gateway.bodies.map((body) => JSON.parse(body));
    expect(second.id).not.toBe(first.id);
    expect(second).toEqual({ ...first, id: second.id });
    expect(first.data.timestamp).toBe(seconds * 1e9);
    const ids = count === 1 ? [`${hostname()}:${seconds}000000000`] : [first.id, second.id];
    await expectStored(ids.map((id) => ({ ...checkOf(service, seconds), id, source: "/telegraf", metadata: {} })));
  });

  /** What the pulse of that check is, whichever way it came. */
  const checkOf = (service: string, seconds: number) => ({
    service_name: service,
    event_time: new Date(seconds * 1000).toISOString(),
    latency_ms: 12.5,
    status: "200",
    health: "up",
    traceparent: null,
  });

  /** Expects a service's pulses, in any order. One that came after all of them is there: so are they. */
  async function expectStored(expected: readonly ReadPulse[]): Promise<void> {
    const service = expected[0]?.service_name as string;
    await vi.waitFor(async () => expect((await pulsesOf(platform, service)).length).toBe(expected.length), PATIENT);
    expect((await fetch(`${platform.ingest}/ping/after-${service}`)).status).toBe(200);
    await vi.waitFor(async () => expect(await pulsesOf(platform, `after-${service}`)).toHaveLength(1), PATIENT);
    expect((await pulsesOf(platform, service)).sort(byId)).toEqual([...expected].sort(byId));
  }
});
