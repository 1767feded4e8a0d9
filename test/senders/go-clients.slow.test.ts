// OpenTelemetry's SDK for Go and its Collector, compiled from their modules, while PulseMesh is killed and started again.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { isSkippedWithout } from "../../dashboards/testing/tools.ts";
import { entry, requestOf, toJson } from "../../functions/pulse-ingest/otlp/testing/otlp-requests.ts";
import { temporaryFolder } from "../../local/testing/temporary-folder.ts";
import { freePort } from "../../settings/tcp-ports.ts";
import { type Platform, startPlatform, until } from "../platform.ts";
import {
  buildGo,
  byId,
  hereIs,
  identityOf,
  otelVariables,
  pulsesOf,
  type ReadPulse,
  recipesIn,
  runClient,
  writeProgram,
} from "./clients.ts";

/** Compiling a Collector takes minutes where Go's cache is empty. */
const TIMEOUT_MS = 1_800_000;
const PATIENT = { timeout: 120_000 };

/** The pulse of a span of that service, whose times are in ns. */
function pulseOfSpan(service: string, traceId: string, spanId: string, start: bigint, end: bigint): ReadPulse {
  return {
    service_name: service,
    source: "/otlp",
    ...identityOf(traceId, spanId),
    event_time: new Date(Number(end / 1_000_000n)).toISOString(),
    latency_ms: Number(end - start) / 1e6,
    status: "ok",
    health: "up",
    metadata: { name: "GET /" },
  };
}

describe.skipIf(isSkippedWithout("go"))("while processes are killed", { timeout: TIMEOUT_MS }, () => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await startPlatform();
  });
  afterAll(() => platform?.dispose());

  it("OpenTelemetry's SDK for Go sends each request once", async () => {
    const program = buildGo("go-sdk", temporaryFolder());
    const count = 500;
    const running = runClient(program, [String(count)], { ...otelVariables(platform), OTEL_SERVICE_NAME: "go" });
    await vi.waitFor(async () => expect((await pulsesOf(platform, "go")).length).toBeGreaterThan(0), PATIENT);
    await platform.kill("broker");
    const { stdout } = await running;
    const sent = stdout
      .trim()
      .split("\n")
      .map((line) => line.split(" ") as [traceId: string, spanId: string, start: string, end: string])
      .map(([traceId, spanId, start, end]) => pulseOfSpan("go", traceId, spanId, BigInt(start), BigInt(end)));
    await vi.waitFor(async () => expect(await pulsesOf(platform, "go")).toHaveLength(count), PATIENT);
    expect((await pulsesOf(platform, "go")).sort(byId)).toEqual(sent.sort(byId));
  });

  it("the Collector hands on each entry once", async () => {
    const folder = temporaryFolder();
    const port = await freePort();
    const recipe = recipesIn("yaml").find((text) => text.includes("otlphttp/pulsemesh")) as string;
    const receiver = `receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:${port}" } } } }\n`;
    const config = writeProgram(folder, "collector.yaml", receiver + hereIs(recipe, platform));
    const collector = spawn(buildGo("collector", folder), ["--config", config], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let log = "";
    collector.stderr.on("data", (chunk) => {
      log += chunk;
    });
    onTestFinished(() => void collector.kill("SIGKILL"));
    const url = `http://127.0.0.1:${port}/v1/traces`;
    const send = (spans: Parameters<typeof toJson>[0]) =>
      fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: toJson(spans) });
    const listens = () =>
      send([]).then(
        () => true,
        () => false,
      );
    await until("the Collector to listen", listens, undefined, () => `, got:\n${log}`);

    const sent: ReadPulse[] = [];
    const turns = ["pulse-ingest", "broker", "pulse-persist", undefined] as const;
    for (const killed of turns) {
      const killing = killed && platform.kill(killed);
      for (let i = 0; i < 50; i++) {
        const spans = Array.from({ length: 40 }, () => entry());
        // Those that are no entries travel along.
        expect((await send(requestOf([...spans, entry({ kind: 3 })], { "service.name": "collected" }))).status).toBe(
          200,
        );
        sent.push(
          ...spans.map(({ traceId = "", spanId = "", start = 0n, end = 0n }) =>
            pulseOfSpan("collected", traceId, spanId, start, end),
          ),
        );
      }
      await killing;
    }
    await vi.waitFor(
      async () => expect((await pulsesOf(platform, "collected")).length, log.slice(-4000)).toBe(sent.length),
      PATIENT,
    );
    expect((await pulsesOf(platform, "collected")).sort(byId)).toEqual(sent.sort(byId));
    collector.kill("SIGTERM");
    await once(collector, "close");
    expect(log).not.toContain("Dropping data");
  });
});
