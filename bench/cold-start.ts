import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FUNCTIONS } from "../settings/function-settings.ts";
import { NODE_FLAGS } from "../settings/node-flags.ts";
import { freePort } from "../settings/tcp-ports.ts";
import { fineCpuMicros, residentMb, startProgram, stopChild } from "./process.ts";
import { median, type Row } from "./table.ts";

const STARTS = 11;
const IDLE_MS = 3000;

/** Milliseconds from a bundle's start to its first 202, with an image's compile cache; and the cost of idling. */
export async function benchColdStart(): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), "pulsemesh-bench-"));
  const broker = await startProgram(["bench/null-broker.ts"], {});
  const env = {
    NODE_COMPILE_CACHE: join(folder, "cache"),
    K_SINK: `http://localhost:${broker.port}/default/pulsemesh`,
    PULSE_DATA_DIR: folder,
    PULSE_LOG_LEVEL: "warn",
  };
  await runBuild(folder);
  const bundle = [...NODE_FLAGS["pulse-ingest"], join(folder, "pulse-ingest.cjs")];
  // The first start fills the cache, as the image's build does.
  await timeFirstAnswer(bundle, { ...env, PULSE_FUNCTION: "pulse-ingest" });
  const bare: number[] = [];
  const ingest: number[] = [];
  for (let i = 0; i < STARTS; i++) {
    bare.push(await timeFirstAnswer(["bench/bare-server.ts"], env));
    ingest.push(await timeFirstAnswer(bundle, { ...env, PULSE_FUNCTION: "pulse-ingest" }));
  }
  const rows: Row[] = [
    { what: "bare node:http, start to first 202", figure: `${median(bare).toFixed(0)} ms` },
    {
      what: "pulse-ingest bundled, start to first 202",
      figure: `${median(ingest).toFixed(0)} ms`,
      beside: `${(median(ingest) / median(bare)).toFixed(2)} × bare`,
      goal: "≤ 3 × bare",
      isMet: median(ingest) <= 3 * median(bare),
    },
  ];
  for (const name of FUNCTIONS) {
    const start = () =>
      startProgram([...NODE_FLAGS[name], join(folder, `${name}.cjs`)], { ...env, PULSE_FUNCTION: name });
    await (await start()).stop(); // fills the cache: a process keeps the memory that compiling takes
    const program = await start();
    await fetch(`http://127.0.0.1:${program.port}/metrics`).then((response) => response.text());
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
    const before = fineCpuMicros(program.pid);
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
    const cpuPercent = (fineCpuMicros(program.pid) - before) / (IDLE_MS * 10);
    const megabytes = residentMb(program.pid);
    rows.push({
      what: `${name} idle, resident memory and CPU`,
      figure: `${megabytes.toFixed(0)} MB, ${cpuPercent.toFixed(1)} % of a core`,
      goal: "≤ 90 MB, ≤ 2 %",
      isMet: megabytes <= 90 && cpuPercent <= 2,
    });
    await program.stop();
  }
  await broker.stop();
  await rm(folder, { recursive: true });
  return rows;
}

/** Makes the functions' bundles in a folder, as the image has them. */
export async function runBuild(outdir: string): Promise<void> {
  const child = spawn(process.execPath, ["infra/bundle.ts", "--outdir", outdir], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const code = await new Promise((resolve) => child.on("exit", resolve));
  if (code !== 0) throw new Error(`Expected the bundle to be built, got exit code ${code}`);
}

async function timeFirstAnswer(args: string[], env: Record<string, string>): Promise<number> {
  const port = await freePort();
  const body = JSON.stringify({ service_name: "checkout", latency_ms: 12.5, status: "ok" });
  const startedAt = performance.now();
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env, PORT: String(port) },
    stdio: ["ignore", "ignore", "inherit"],
  });
  while (child.exitCode === null) {
    try {
      const headers = { "content-type": "application/json" };
      const response = await fetch(`http://127.0.0.1:${port}/pulse`, { method: "POST", headers, body });
      if (response.status !== 202) throw new Error(`Expected 202, got ${response.status}`);
      const took = performance.now() - startedAt;
      await stopChild(child);
      return took;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // from fetch: nothing listens yet
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
  throw new Error(`Expected a program that answers, got one that ended with ${child.exitCode}`);
}
