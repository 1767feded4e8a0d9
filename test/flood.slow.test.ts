// Floods of requests: memory stays bounded, every answer says what to do, and the function works again afterwards. The
// function runs as in its image: bundled, with the same options of Node.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { entry, requestOf, toProtobuf } from "../functions/pulse-ingest/otlp/testing/otlp-requests.ts";
import { type Broker, openBroker } from "../functions/testing/broker.ts";
import { NODE_FLAGS } from "../settings/node-flags.ts";
import { type FunctionProcess, startFunction } from "./function-process.ts";
import { until } from "./platform.ts";

const CLIENTS = 200;
const FLOOD_MS = 4000;
const MAX_BYTES = 200e6;
const MIB = 1024 * 1024;

const folder = mkdtempSync(join(tmpdir(), "pulse-flood-"));
const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
let broker: Broker;
let ingest: FunctionProcess;
beforeAll(async () => {
  execFileSync(process.execPath, ["infra/bundle.ts", "--outdir", folder]);
  broker = await openBroker();
});
afterEach(() => ingest.kill());
afterAll(async () => {
  agent.destroy();
  await broker.close();
  rmSync(folder, { recursive: true, force: true });
});

async function startIngest(): Promise<void> {
  ingest = await startFunction("pulse-ingest", {
    program: [...NODE_FLAGS["pulse-ingest"], join(folder, "pulse-ingest.cjs")],
    // On a busy machine the test's own clients may be slow, and 408 is tested elsewhere.
    env: {
      K_SINK: broker.url,
      PULSE_LOG_LEVEL: "error",
      PULSE_EMIT_DEADLINE_MS: "2000",
      PULSE_REQUEST_TIMEOUT_MS: "120000",
    },
  });
}

const PULSE = JSON.stringify({
  service_name: "checkout",
  latency_ms: 1,
  status: "ok",
  metadata: { zone: "eu-1", note: "n".repeat(300) },
});
const many = (count: number) => Buffer.from(`[${new Array(count).fill(PULSE).join(",")}]`);

const LONG = "x".repeat(1024);
const LONG_RESOURCE = {
  "service.name": "checkout",
  "service.version": LONG,
  "service.instance.id": LONG,
  "deployment.environment.name": LONG,
};
const SPANS = Array.from({ length: 10_000 }, () => entry());
const SHARED_TEXTS = gzipSync(toProtobuf(requestOf(SPANS, LONG_RESOURCE)));

function post(body: Buffer, path = "/pulse"): Promise<number | string> {
  return new Promise((resolve) => {
    const packed = { "content-type": "application/x-protobuf", "content-encoding": "gzip" };
    const type = body === SHARED_TEXTS ? packed : { "content-type": "application/json" };
    const headers = { ...type, "content-length": body.length };
    const target = { host: "127.0.0.1", port: ingest.port, path, method: "POST", agent, headers };
    const call = request(target, (response) => {
      response.resume().on("end", () => resolve(response.statusCode ?? 0));
    });
    call.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    call.end(body);
  });
}

/** Floods for FLOOD_MS; returns the count of each answer. */
async function flood(body: Buffer, path?: string): Promise<Map<number | string, number>> {
  const counts = new Map<number | string, number>();
  const deadline = performance.now() + FLOOD_MS;
  const client = async () => {
    while (performance.now() < deadline) {
      const outcome = await post(body, path);
      counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return counts;
}

describe("pulse-ingest under a flood", () => {
  it.each([
    ["500 pulses a request", many(500), "hang"],
    ["500 pulses a request, all of them taken", many(500), "take"],
    ["10,000 pulses a request", many(9800), "hang"],
    ["10,000 pulses a request, all of them taken", many(9800), "take"],
    ["4 MiB a request, nearly all of it blank", Buffer.from(PULSE.padEnd(4 * MIB)), "hang"],
    ["4 MiB a request, of empty objects", Buffer.from(`[${new Array(1_398_000).fill("{}").join(",")}]`), "take"],
    ["10,000 spans a request, of a resource with long texts", SHARED_TEXTS, "hang", "/v1/traces"],
    ["10,000 spans a request, of such a resource, all of them taken", SHARED_TEXTS, "take", "/v1/traces"],
  ])(
    "of %s keeps its memory under 200 MB",
    async (_, body, mood, path = "/pulse") => {
      expect(body.length).toBeLessThanOrEqual(4 * MIB);
      broker.received.length = 0;
      broker.answer = () => {
        broker.received.length = 0;
        return mood === "hang" ? "hang" : 202;
      };
      await startIngest();
      const counts = await flood(body, path);
      expect([...counts.keys()].filter((outcome) => ![200, 202, 400, 429, 503].includes(outcome as number))).toEqual(
        [],
      );
      expect(ingest.peakBytes()).toBeLessThan(MAX_BYTES);
      broker.answer = () => 202;
      broker.release(202);
      await until("ingest to be well again", async () => (await post(many(1))) === 202);
    },
    120_000,
  );
});
