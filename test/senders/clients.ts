// For tests with real clients: their programs, and what PulseMesh has of them.
import { execFile, execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { codeBlocksOf, readDocument } from "../documents.ts";
import type { Platform } from "../platform.ts";

/** The code blocks of docs/senders.md in one language. */
export const recipesIn = (language: string): string[] => codeBlocksOf(readDocument("docs/senders.md"), language);

/** A recipe for that platform's pulse-ingest. */
export const hereIs = (recipe: string, { ingest }: Platform) => recipe.replaceAll("http://localhost:8080", ingest);

/** Runs a client until it ends. @throws with its output when it fails */
export async function runClient(program: string, args: readonly string[], env: Record<string, string>, cwd = ".") {
  await promisify(execFile)(program, [...args], { env: { ...process.env, ...env }, cwd });
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

export interface ReadPulse {
  id: string;
  source: string;
  latency_ms: number;
  status: string;
  metadata: Record<string, string>;
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
