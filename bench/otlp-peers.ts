import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TRACE_ID } from "../functions/pulse-ingest/otlp/testing/otlp-requests.ts";
import { NODE_FLAGS } from "../settings/node-flags.ts";
import { freePort } from "../settings/tcp-ports.ts";
import { buildGo, installJars, writeProgram } from "../test/senders/clients.ts";
import { runLoad } from "./load.ts";
import { SPANS_A_REQUEST, spanRequests } from "./otlp.ts";
import { type Started, startProgram, stopChild, untilListening } from "./process.ts";
import type { Row } from "./table.ts";
import { type Cost, measureInTurns } from "./turns.ts";

const WARM_UP_REQUESTS = 3000;
const ZIPKIN = "io.zipkin:zipkin-server:3.5.1:jar:exec";

async function listening(child: ChildProcess, port: number): Promise<Started> {
  await untilListening(port, child);
  return { pid: child.pid as number, port, stop: () => stopChild(child) };
}

/** The Collector, which makes metrics of spans and hands them to nobody. */
async function startCollector(folder: string): Promise<Started> {
  const port = await freePort();
  const config = `
receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:${port}" } } } }
connectors: { spanmetrics: {} }
exporters: { nop: {} }
service:
  telemetry: { metrics: { level: none } }
  pipelines:
    traces: { receivers: [otlp], exporters: [spanmetrics] }
    metrics: { receivers: [spanmetrics], exporters: [nop] }
`;
  const file = writeProgram(folder, "collector.yaml", config);
  return listening(spawn(buildGo("collector", folder), ["--config", file], { stdio: "ignore" }), port);
}

/** Zipkin with its storage in memory. */
async function startZipkin(folder: string): Promise<Started> {
  installJars([ZIPKIN], folder);
  const port = await freePort();
  const env = { ...process.env, QUERY_PORT: String(port), STORAGE_TYPE: "mem", LOGGING_LEVEL_ROOT: "error" };
  const jar = join(folder, "zipkin-server-3.5.1-exec.jar");
  return listening(spawn("java", ["-Xmx4g", "-jar", jar], { env, stdio: "ignore" }), port);
}

/** pulse-ingest beside the Collector and Zipkin, with the same requests in turns. Needs Go, Java and Maven. */
export async function benchOtlpPeers(seconds: number): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), "pulsemesh-peers-"));
  const programs: Started[] = [];
  try {
    const started = async (program: Promise<Started>) => {
      programs.push(await program);
      return programs.at(-1) as Started;
    };
    const broker = await started(startProgram(["bench/null-broker.ts"], {}));
    const ingest = await started(
      startProgram([...NODE_FLAGS["pulse-ingest"], "functions/main.ts"], {
        PULSE_FUNCTION: "pulse-ingest",
        K_SINK: `http://localhost:${broker.port}/default/pulsemesh`,
      }),
    );
    const collector = await started(startCollector(folder));
    const zipkin = await started(startZipkin(folder));
    const requests = spanRequests();
    const jsonOfOtherTraces = ofOtherTraces(requests.zipkin);
    const load = (server: Started, next: () => Buffer) => ({
      server,
      next,
      connections: 8,
      parts: SPANS_A_REQUEST,
    });
    // Java compiles what runs often, and that is no part of a span's cost.
    const { next, connections } = load(zipkin, jsonOfOtherTraces);
    for (let answers = 0; answers < WARM_UP_REQUESTS; ) {
      answers += (await runLoad({ port: zipkin.port, next, connections }, 1000)).answers;
    }
    const costs = await measureInTurns(
      {
        protobuf: load(ingest, () => requests.protobuf),
        collector: load(collector, () => requests.protobuf),
        json: load(ingest, jsonOfOtherTraces),
        zipkin: load(zipkin, jsonOfOtherTraces),
      },
      seconds,
    );
    return [
      { what: "the Collector with span metrics, OTLP in protobuf, a span", figure: figureOf(costs.collector) },
      rowOf("pulse-ingest, OTLP in protobuf, a span", costs.protobuf, costs.collector, 1 / 3),
      { what: "Zipkin 3.5.1 in memory, a span", figure: figureOf(costs.zipkin) },
      rowOf("pulse-ingest, Zipkin's spans, a span", costs.json, costs.zipkin, 1 / 2),
    ];
  } finally {
    for (const program of programs.reverse()) await program.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A request of spans in JSON, each time of another trace: a store that had them already would have nothing to do. */
function ofOtherTraces(request: Buffer): () => Buffer {
  const places: number[] = [];
  for (let at = request.indexOf(TRACE_ID); at !== -1; at = request.indexOf(TRACE_ID, at + 1)) places.push(at);
  let count = 0;
  return () => {
    const copy = Buffer.from(request);
    const traceId = TRACE_ID.slice(0, 20) + (++count).toString(16).padStart(12, "0");
    for (const place of places) copy.write(traceId, place, "latin1");
    return copy;
  };
}

function figureOf({ cpu, perSecond }: Cost): string {
  return `${cpu.toFixed(1)} µs, ${Math.round(perSecond).toLocaleString("en")}/s`;
}

function rowOf(what: string, cost: Cost, peer: Cost, most: number): Row {
  const ratio = cost.cpu / peer.cpu;
  const beside = `${ratio.toFixed(2)} × the peer`;
  return { what, figure: figureOf(cost), beside, goal: `≤ ${most.toFixed(2)} ×`, isMet: ratio <= most };
}
