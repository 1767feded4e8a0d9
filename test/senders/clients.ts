// For tests with real clients: their programs, and what PulseMesh has of them.
import { execFile, execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "vitest";
import { codeBlocksOf, readDocument } from "../documents.ts";
import type { Platform } from "../platform.ts";

/** The code blocks of docs/senders.md in one language. */
export const recipesIn = (language: string): string[] => codeBlocksOf(readDocument("docs/senders.md"), language);

/** A recipe for that platform's pulse-ingest. */
export const hereIs = (recipe: string, { ingest }: Platform) => recipe.replaceAll("http://localhost:8080", ingest);

/** The variables that SDKs of OpenTelemetry read, as the document has them. */
export function otelVariables(platform: Platform): Record<string, string> {
  const [block = ""] = recipesIn("ini");
  const lines = hereIs(block, platform).trim().split("\n");
  return Object.fromEntries(lines.map((line) => line.split("=") as [string, string]));
}

/** A stretch of time in epoch ms, its ends included. */
export interface Stretch {
  from: number;
  to: number;
}

/** Runs a client until it ends. @returns its output, and when it ran. @throws with its output when it fails */
export async function runClient(
  program: string,
  args: readonly string[],
  env: Record<string, string>,
  cwd = ".",
): Promise<Stretch & { stdout: string }> {
  const from = Date.now();
  const { stdout } = await promisify(execFile)(program, [...args], { env: { ...process.env, ...env }, cwd });
  return { from, to: Date.now(), stdout };
}

/** Compiles a Go program beside this file. @returns the executable */
export function buildGo(name: string, folder: string): string {
  const source = join(folder, name);
  mkdirSync(source);
  for (const file of ["main.go", "go.mod"])
    copyFileSync(new URL(`${name}/${file}`, import.meta.url), join(source, file));
  const program = join(folder, `${name}-program`);
  execFileSync("go", ["mod", "tidy"], { cwd: source, stdio: "ignore" });
  execFileSync("go", ["build", "-o", program, "."], { cwd: source });
  return program;
}

/** Compiles a Go program of others, such as "example.org/cmd/x@v1.2.3", with build tags. @returns the executable */
export function installGo(program: string, tags: string, folder: string): string {
  execFileSync("go", ["install", "-tags", tags, program], { env: { ...process.env, GOBIN: folder }, stdio: "ignore" });
  return join(folder, basename(program.split("@")[0] as string));
}

/** Compiles a Rust program beside this file. @returns the executable */
export function buildRust(name: string, folder: string): string {
  const env = { CARGO_TARGET_DIR: folder, ...process.env };
  const manifest = fileURLToPath(new URL(`${name}/Cargo.toml`, import.meta.url));
  execFileSync("cargo", ["build", "--quiet", "--manifest-path", manifest], { env });
  return join(env.CARGO_TARGET_DIR, "debug", "send");
}

/** Python with packages from PyPI. @returns its executable */
export function installPython(packages: readonly string[], folder: string): string {
  execFileSync("python3", ["-m", "venv", folder]);
  const python = join(folder, "bin", "python");
  execFileSync(python, ["-m", "pip", "install", "--quiet", ...packages]);
  return python;
}

/** Libraries from Maven Central. @returns the class path */
export function installJars(artifacts: readonly string[], folder: string): string {
  for (const artifact of artifacts) {
    execFileSync("mvn", ["-q", "dependency:copy", `-Dartifact=${artifact}`, `-DoutputDirectory=${folder}`]);
  }
  return join(folder, "*");
}

export function writeProgram(folder: string, name: string, code: string): string {
  const file = join(folder, name);
  writeFileSync(file, code);
  return file;
}

/** A pulse as the API gives it. */
export interface ReadPulse {
  service_name: string;
  event_time: string;
  latency_ms: number;
  status: string;
  health: string;
  metadata: Record<string, string>;
  id: string;
  source: string;
  /** Of a pulse that came as a span; null of another. */
  traceparent?: string | null;
}

/** The order of their ids, for `sort`. */
export const byId = (a: ReadPulse, b: ReadPulse) => (a.id < b.id ? -1 : 1);

/** The id of a pulse that came without one: a UUIDv7. */
export const MADE_ID = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);

/**
 * Expects these fields of a pulse and no others. A time that is not among them lies in the stretch, and a latency that is not among
 * them is no longer than it.
 */
export function expectPulse(
  pulse: ReadPulse | undefined,
  { from, to }: Stretch,
  expected: Omit<ReadPulse, "event_time" | "latency_ms"> & Partial<ReadPulse>,
): void {
  const { event_time = "", latency_ms = -1 } = pulse ?? {};
  expect(pulse).toEqual({ event_time, latency_ms, traceparent: null, ...expected });
  const time = Date.parse(event_time);
  expect(new Date(time).toISOString()).toBe(event_time);
  expect(time).toBeGreaterThanOrEqual(from);
  expect(time).toBeLessThanOrEqual(to);
  expect(latency_ms).toBeGreaterThanOrEqual(0);
  if (expected.latency_ms === undefined) expect(latency_ms).toBeLessThanOrEqual(to - from);
}

/** What the ids of a span become; Zipkin has its kind behind them. */
export function identityOf(traceId: string, spanId: string, kind = "") {
  const id = `${traceId}:${spanId}${kind && `:${kind}`}`;
  return { id, traceparent: `00-${traceId.padStart(32, "0")}-${spanId}-01` };
}

/** The same of ids that the client made up and told nobody: they have the form of ids. */
export function madeIdentity(pulse: ReadPulse | undefined, kind = "", traceIdDigits: 16 | 32 = 32) {
  const form = new RegExp(`^([0-9a-f]{${traceIdDigits}}):([0-9a-f]{16})(?::|$)`);
  const [, traceId = "", spanId = ""] = form.exec(pulse?.id ?? "") ?? [];
  return identityOf(traceId, spanId, kind);
}

/** Every stored pulse of a service. */
export async function pulsesOf({ query }: Platform, service: string): Promise<ReadPulse[]> {
  const headers = { accept: "application/x-ndjson" };
  const response = await fetch(`${query}/services/${encodeURIComponent(service)}/pulses`, { headers });
  return (await response.text())
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}
