import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { freePort } from "../settings/tcp-ports.ts";

export type Role = "pulse-ingest" | "pulse-query" | "pulse-persist" | "pulse-deadletter" | "pulse-health" | "broker";

/** The laptop platform as `make run` starts it, on free ports and in a separate folder. */
export interface Platform {
  folder: string;
  ingest: string;
  query: string;
  persist: string;
  deadletter: string;
  health: string;
  /** The URL for events. */
  broker: string;
  /** Where exporters of OpenTelemetry look. */
  otlp: string;
  pids: Map<Role, number>;
  /** The newest lines of its output. */
  lines: readonly string[];
  /** Kills a process by `kill -9` and waits until its successor is ready. */
  kill(role: Role): Promise<void>;
  /** Stops the platform as Ctrl-C does and returns its exit code; the folder stays. */
  stop(): Promise<number | null>;
  /** Stops it and removes the folder. */
  dispose(): Promise<void>;
}

const PORT_SETTINGS = ["INGEST", "QUERY", "PERSIST", "DEADLETTER", "HEALTH", "BROKER", "OTLP"] as const;

/**
 * Starts the platform and resolves when all of it is ready. `envOf` may be a function of where its pulse-ingest will be.
 * @throws with the output when it does not come up
 */
export async function startPlatform(
  envOf: Record<string, string> | ((ingest: string) => Record<string, string>) = {},
  folder?: string,
): Promise<Platform> {
  const dataDir = folder ?? (await mkdtemp(join(tmpdir(), "pulsemesh-")));
  const ports = await Promise.all(PORT_SETTINGS.map(() => freePort()));
  const portEnv = Object.fromEntries(PORT_SETTINGS.map((name, i) => [`PULSE_LOCAL_${name}_PORT`, String(ports[i])]));
  const env = typeof envOf === "function" ? envOf(`http://127.0.0.1:${ports[0]}`) : envOf;
  const child = spawn(process.execPath, ["local/main.ts"], {
    env: { ...process.env, PULSE_LOG_LEVEL: "info", ...env, ...portEnv, PULSE_DATA_DIR: dataDir },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const pids = new Map<Role, number>();
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream as NodeJS.ReadableStream }).on("line", (line) => {
      lines.push(line);
      if (lines.length > 200) lines.shift();
      const entry = parseLine(line);
      if (entry?.msg?.endsWith("listens") && entry.function !== undefined) pids.set(entry.function, entry.pid);
    });
  }
  const urls = ports.map((port) => `http://127.0.0.1:${port}`);
  const [ingest, query, persist, deadletter, health, broker, otlp] = urls as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const hosts: Record<Role, string> = {
    "pulse-ingest": ingest,
    "pulse-query": query,
    "pulse-persist": persist,
    "pulse-deadletter": deadletter,
    "pulse-health": health,
    broker,
  };
  for (const role of Object.keys(hosts) as Role[]) await untilReady(hosts[role], child, lines);
  return {
    folder: dataDir,
    ingest,
    query,
    persist,
    deadletter,
    health,
    broker: `${broker}/default/pulsemesh`,
    otlp,
    pids,
    lines,
    async kill(role) {
      const pid = pids.get(role);
      if (pid === undefined) throw new Error(`Expected ${role} to have told its pid, got none:\n${lines.join("\n")}`);
      process.kill(pid, "SIGKILL");
      await until(`a new ${role}`, () => pids.get(role) !== pid);
      await untilReady(hosts[role], child, lines);
    },
    stop: () => stopProcess(child),
    async dispose() {
      await stopProcess(child);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Waits until a condition holds, checking every few milliseconds. @throws with what `details` gives then when it does not */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  withinMs = 60_000,
  details: () => string = () => "",
): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`Expected ${what} within ${withinMs} ms${details()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function untilReady(url: string, child: ChildProcess, lines: readonly string[]): Promise<void> {
  const output = () => `, got:\n${lines.join("\n")}`;
  const isReady = async () => {
    if (child.exitCode !== null) throw new Error(`Expected a platform that runs${output()}`);
    return fetch(`${url}/health/ready`).then(
      (response) => response.ok,
      () => false,
    );
  };
  await until(`${url} to be ready`, isReady, undefined, output);
}

async function stopProcess(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill("SIGTERM");
    await once(child, "exit");
  }
  return child.exitCode;
}

function parseLine(line: string): { function?: Role; pid: number; msg?: string } | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
