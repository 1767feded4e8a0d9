import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../settings/tcp-ports.ts";
import { type LoadResult, runLoad } from "./load.ts";
import { cpuMicros, residentMb, stopChild } from "./process.ts";
import { manyRequest, singleRequest } from "./requests.ts";
import { percentile, type Row } from "./table.ts";

interface Platform {
  ingestPort: number;
  queryPort: number;
  persistPort: number;
  /** Process ids by role. */
  pids: Record<string, number>;
  stop(): Promise<void>;
}

const PULSES_A_REQUEST = 500;

/** From pulse-ingest to readable, with SQLite and fsync, as `make run` starts it. The load runs on the same cores. */
export async function benchChain(seconds: number): Promise<Row[]> {
  const platform = await startPlatform();
  try {
    const single = singleRequest();
    const many = manyRequest(PULSES_A_REQUEST);
    await runLoad({ port: platform.ingestPort, connections: 64, next: () => single }, 2000); // warms up
    await untilStored(platform, 0);
    const singles = await measure(platform, { connections: 64, next: () => single, pulses: 1 }, seconds);
    const batches = await measure(platform, { connections: 8, next: () => many, pulses: PULSES_A_REQUEST }, seconds);
    const singleLag = await measureLag(
      platform,
      { connections: 64, next: () => single, rate: singles.pulsesPerSecond / 2 },
      seconds,
    );
    const batchRate = batches.pulsesPerSecond / PULSES_A_REQUEST / 2;
    const batchLag = await measureLag(platform, { connections: 8, next: () => many, rate: batchRate }, seconds);
    return [
      throughputRow("chain, one pulse a request, 64 connections", singles, 4000),
      throughputRow("chain, 500 pulses a request", batches, 40_000),
      lagRow("chain, accepted to readable at half that load, singles", singleLag),
      lagRow("chain, accepted to readable at half that load, 500 a request", batchLag),
      {
        what: "chain, resident memory after that",
        figure: Object.entries(platform.pids)
          .map(([role, pid]) => `${role} ${residentMb(pid).toFixed(0)} MB`)
          .join(", "),
      },
    ];
  } finally {
    await platform.stop();
  }
}

interface Throughput {
  pulsesPerSecond: number;
  /** CPU µs a pulse by role. */
  cpu: Record<string, number>;
}

async function measure(
  platform: Platform,
  load: { connections: number; next: () => Buffer; pulses: number },
  seconds: number,
): Promise<Throughput> {
  const stored = await storedPulses(platform);
  const before = cpuOf(platform);
  const startedAt = performance.now();
  const result = await runLoad({ port: platform.ingestPort, ...load }, seconds * 1000);
  assertAccepted(result);
  const pulses = result.answers * load.pulses;
  // The clock runs until the last pulse is readable, not only until it is accepted.
  await untilStored(platform, stored + pulses);
  const elapsed = (performance.now() - startedAt) / 1000;
  const after = cpuOf(platform);
  const cpu: Record<string, number> = {};
  for (const role in after) cpu[role] = ((after[role] as number) - (before[role] as number)) / pulses;
  return { pulsesPerSecond: pulses / elapsed, cpu };
}

/** Milliseconds from a probe's 202 until pulse-query shows it, while the load goes on. */
async function measureLag(
  platform: Platform,
  load: { connections: number; next: () => Buffer; rate: number },
  seconds: number,
): Promise<number[]> {
  const lags: number[] = [];
  const running = runLoad({ port: platform.ingestPort, ...load }, seconds * 2000);
  const deadline = performance.now() + seconds * 2000;
  while (performance.now() < deadline) {
    const service = `probe-${process.pid}-${lags.length}-${Math.round(performance.now())}`;
    const response = await fetch(`http://127.0.0.1:${platform.ingestPort}/pulse`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ service_name: service, latency_ms: 1, status: "ok" }),
    });
    if (response.status !== 202) throw new Error(`Expected the probe to be accepted, got ${response.status}`);
    await response.body?.cancel();
    const acceptedAt = performance.now();
    while (!(await isReadable(platform, service))) await new Promise((resolve) => setTimeout(resolve, 1));
    lags.push(performance.now() - acceptedAt);
  }
  assertAccepted(await running);
  return lags;
}

async function isReadable(platform: Platform, service: string): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${platform.queryPort}/services/${service}/pulses?limit=1`);
  return ((await response.json()) as { pulses: unknown[] }).pulses.length > 0;
}

function assertAccepted(result: LoadResult): void {
  if (result.refusals > 0)
    throw new Error(`Expected 202 only, got ${result.refusals} other answers of ${result.answers}`);
}

async function storedPulses(platform: Platform): Promise<number> {
  const text = await fetch(`http://127.0.0.1:${platform.persistPort}/metrics`).then((response) => response.text());
  let sum = 0;
  for (const [, count] of text.matchAll(/^pulsemesh_pulses_stored_total\{.*\} (\S+)$/gm)) sum += Number(count);
  return sum;
}

async function untilStored(platform: Platform, count: number): Promise<void> {
  const deadline = performance.now() + 60_000;
  while ((await storedPulses(platform)) < count) {
    if (performance.now() > deadline)
      throw new Error(`Expected ${count} pulses stored within a minute, got ${await storedPulses(platform)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function cpuOf(platform: Platform): Record<string, number> {
  return Object.fromEntries(Object.entries(platform.pids).map(([role, pid]) => [role, cpuMicros(pid)]));
}

function throughputRow(what: string, { pulsesPerSecond, cpu }: Throughput, goal: number): Row {
  const spent = Object.entries(cpu).filter(([, micros]) => micros >= 0.05);
  return {
    what,
    figure: `${Math.round(pulsesPerSecond).toLocaleString("en")}/s`,
    beside: `µs a pulse: ${spent.map(([role, micros]) => `${role} ${micros.toFixed(1)}`).join(", ")}`,
    goal: `≥ ${goal.toLocaleString("en")}/s`,
    isMet: pulsesPerSecond >= goal,
  };
}

function lagRow(what: string, lags: number[]): Row {
  const p99 = percentile(lags, 99);
  return {
    what,
    figure: `p99 ${p99.toFixed(0)} ms, p50 ${percentile(lags, 50).toFixed(0)} ms (${lags.length} probes)`,
    goal: "p99 < 250 ms",
    isMet: p99 < 250,
  };
}

async function startPlatform(): Promise<Platform> {
  const folder = await mkdtemp(join(tmpdir(), "pulsemesh-bench-"));
  const [ingestPort, queryPort, persistPort, deadletterPort, brokerPort] = await Promise.all(
    Array.from({ length: 5 }, () => freePort()),
  );
  const child = spawn(process.execPath, ["local/main.ts"], {
    env: {
      ...process.env,
      PULSE_DATA_DIR: folder,
      PULSE_LOG_LEVEL: "warn",
      PULSE_LOCAL_INGEST_PORT: String(ingestPort),
      PULSE_LOCAL_QUERY_PORT: String(queryPort),
      PULSE_LOCAL_PERSIST_PORT: String(persistPort),
      PULSE_LOCAL_DEADLETTER_PORT: String(deadletterPort),
      PULSE_LOCAL_BROKER_PORT: String(brokerPort),
    },
    stdio: ["pipe", "ignore", "inherit"],
  });
  await untilReady([ingestPort, queryPort, persistPort, brokerPort] as number[], child);
  return {
    ingestPort: ingestPort as number,
    queryPort: queryPort as number,
    persistPort: persistPort as number,
    pids: childrenOf(child.pid as number),
    stop: async () => {
      await stopChild(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function untilReady(ports: readonly number[], child: ChildProcess): Promise<void> {
  for (const port of ports) {
    for (;;) {
      if (child.exitCode !== null) throw new Error(`Expected a platform that runs, got exit code ${child.exitCode}`);
      const isReady = await fetch(`http://127.0.0.1:${port}/health/ready`).then(
        (answer) => answer.ok,
        () => false,
      );
      if (isReady) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** The supervisor's children by function; the one without a function is the broker. */
function childrenOf(parent: number): Record<string, number> {
  const pids: Record<string, number> = {};
  for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, "utf8");
      if (Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) !== parent) continue;
      const name = /(?:^|\0)PULSE_FUNCTION=pulse-([a-z]+)/.exec(readFileSync(`/proc/${entry}/environ`, "utf8"))?.[1];
      pids[name ?? "broker"] = Number(entry);
    } catch {
      // The process has ended since.
    }
  }
  return pids;
}
