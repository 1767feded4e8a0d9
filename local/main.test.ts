// The laptop platform as a person runs it, with the real broker and functions.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished, vi } from "vitest";
import { freePort, takesConnections } from "../settings/tcp-ports.ts";
import { isRunning } from "./testing/program.ts";
import { temporaryFolder } from "./testing/temporary-folder.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));
const PORT_VARIABLES = ["INGEST", "QUERY", "PERSIST", "DEADLETTER", "BROKER", "OTLP"].map(
  (name) => `PULSE_LOCAL_${name}_PORT`,
);

/** On Linux, a server at every address answers here too, and a server at 127.0.0.1 does not. */
const ANOTHER_ADDRESS = "127.0.0.3";

interface Platform {
  child: ChildProcess;
  ports: Record<string, number>;
  output: () => string;
  /** The process ids that the log lines name, the supervisor's included. */
  pids: () => number[];
  /** Resolves to the exit code and signal when the process is gone and all its output was read. */
  ended: Promise<unknown[]>;
}

async function makeEnv(): Promise<Record<string, string>> {
  const ports = await Promise.all(
    PORT_VARIABLES.map(async (variable) => [variable, String(await freePort())] as const),
  );
  return { ...Object.fromEntries(ports), PULSE_DATA_DIR: temporaryFolder() };
}

function run(env: NodeJS.ProcessEnv, args: string[] = []): Platform {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...process.env, ...env }, stdio: "pipe" });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk) => {
      output += chunk;
    });
  }
  const pids = () => [...new Set([...output.matchAll(/"pid":(\d+)/g)].map(([, pid]) => Number(pid)))];
  onTestFinished(() => {
    child.kill("SIGKILL");
    for (const pid of pids()) if (isRunning(pid)) process.kill(pid, "SIGKILL");
  });
  const ports = Object.fromEntries(PORT_VARIABLES.map((variable) => [variable.split("_")[2], Number(env[variable])]));
  return { child, ports, output: () => output, pids, ended: once(child, "close") };
}

async function untilReady({ child, output }: Platform): Promise<void> {
  await vi.waitFor(() => {
    if (child.exitCode !== null) throw new Error(output());
    expect(output()).toContain("PulseMesh runs.");
  });
}

async function exitOf({ ended }: Platform): Promise<number | null> {
  const [code] = await ended;
  return code as number | null;
}

it("runs everything, stores a pulse, keeps it over a restart, and ends cleanly", async () => {
  const env = await makeEnv();
  const dataDir = String(env.PULSE_DATA_DIR);
  // As `make run` starts it: the compile cache is in the data folder, where an earlier version has left it open.
  mkdirSync(join(dataDir, "compile-cache"), { recursive: true, mode: 0o755 });
  const first = run({ ...env, NODE_COMPILE_CACHE: undefined });
  await untilReady(first);
  const pulse = { service_name: "checkout", latency_ms: 12.5, status: "ok", id: "p1" };
  const posted = await fetch(`http://localhost:${first.ports.INGEST}/pulse`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(pulse),
  });
  expect(posted.status).toBe(202);
  const find = async ({ ports }: Platform) =>
    await (await fetch(`http://localhost:${ports.QUERY}/services/checkout/pulses`)).text();
  await vi.waitFor(async () => expect(await find(first)).toContain('"p1"'));
  for (const port of Object.values(first.ports)) {
    const hosts = ["127.0.0.1", "::1", ANOTHER_ADDRESS];
    expect(await Promise.all(hosts.map((host) => takesConnections(host, port)))).toEqual([true, true, false]);
  }
  expect(first.output()).not.toContain("PULSE_LISTEN_ADDRESS");
  first.child.kill("SIGINT");
  expect(await exitOf(first)).toBe(0);
  expect(first.pids().length).toBeGreaterThanOrEqual(6);
  expect(first.pids().filter(isRunning)).toEqual([]);

  // Nobody else on this machine may read what services send.
  const made = readdirSync(dataDir, { recursive: true, withFileTypes: true });
  expect(made.map(({ name }) => name)).toEqual(expect.arrayContaining(["pulses.db", "broker.db"]));
  const readable = made.filter((entry) => (statSync(join(entry.parentPath, entry.name)).mode & 0o077) !== 0);
  expect(readable.map(({ name }) => name)).toEqual([]);

  const second = run({ ...env, PULSE_LISTEN_ADDRESS: ANOTHER_ADDRESS });
  await untilReady(second);
  expect(second.output()).toContain("PULSE_LISTEN_ADDRESS: every machine that reaches this one may send and read");
  for (const [name, port] of Object.entries(second.ports)) {
    const hosts = ["127.0.0.1", "::1", ANOTHER_ADDRESS];
    const isOpen = name === "INGEST" || name === "QUERY";
    expect(await Promise.all(hosts.map((host) => takesConnections(host, port)))).toEqual([true, true, isOpen]);
  }
  // Without tokens nobody may replay through a pulse-query that other machines reach.
  const replay = `/dead-letters/${"0".repeat(24)}/replay`;
  const ask = (port: number | undefined, headers = {}) =>
    fetch(`http://localhost:${port}${replay}`, { method: "POST", headers }).then(({ status }) => status);
  expect([await ask(second.ports.QUERY), await ask(second.ports.DEADLETTER)]).toEqual([403, 404]);
  expect(await find(second)).toContain('"p1"');
  second.child.kill("SIGTERM");
  expect(await exitOf(second)).toBe(0);
});

it("refuses a second platform on its folder, dies with all its children, and leaves no lock behind", async () => {
  const env = await makeEnv();
  const first = run(env);
  await untilReady(first);
  const second = run({ ...(await makeEnv()), PULSE_DATA_DIR: String(env.PULSE_DATA_DIR) });
  expect(await exitOf(second)).toBe(1);
  expect(second.output()).toMatch(/^PULSE_DATA_DIR: Expected a folder that no other process uses/);

  const pids = await vi.waitFor(() => {
    expect(first.pids().length).toBeGreaterThanOrEqual(5);
    return first.pids();
  });
  first.child.kill("SIGKILL");
  await vi.waitFor(() => expect(pids.filter(isRunning)).toEqual([]));
  // A collector runs already: OTLP's port is no reason not to start.
  const collector = createServer().listen(Number(env.PULSE_LOCAL_OTLP_PORT));
  onTestFinished(() => void collector.close());
  const third = run(env);
  await untilReady(third);
  expect(third.output()).toContain("PULSE_LOCAL_OTLP_PORT: Expected a free port for OpenTelemetry's exporters");
  expect([first.output(), third.output()].map((text) => text.includes("/v1/traces   (OTLP"))).toEqual([true, false]);
  third.child.kill("SIGTERM");
  third.child.kill("SIGTERM");
  await exitOf(third);
});

it("names the setting of a port in use, and starts nothing", async () => {
  const server = createServer().listen(0);
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  const platform = run({ ...(await makeEnv()), PULSE_LOCAL_PERSIST_PORT: String(port) });
  expect(await exitOf(platform)).toBe(1);
  expect(platform.output()).toBe(
    `PULSE_LOCAL_PERSIST_PORT: Expected a free port for pulse-persist, got ${port}, which is in use: stop what listens there, or set PULSE_LOCAL_PERSIST_PORT to another port\n`,
  );
});

it.each([
  [["--help"], {}, 0, /--watch[\s\S]*PULSE_LOCAL_BROKER_PORT +8090/],
  [["--loud"], {}, 1, /Unknown option '--loud'/],
  [
    [],
    { PULSE_LOCAL_QUERY_PORT: "high" },
    1,
    /^PULSE_LOCAL_QUERY_PORT: Expected an integer from 1 to 65535, got "high"\n$/,
  ],
  [
    [],
    { PULSE_MAX_PULSES: "0", PULSE_RETENTION_DAY: "7", PULSE_CASSANDRA_KEYSPACE: "A b", PORT: "x" },
    1,
    /^PULSE_RETENTION_DAY: [^\n]+\nPULSE_MAX_PULSES: [^\n]+\nPULSE_CASSANDRA_KEYSPACE: [^\n]+\n$/,
  ],
  [
    [],
    { PULSE_TRIGGERS_FILE: "absent.yaml" },
    1,
    /^absent\.yaml: Expected a file in UTF-8 that can be read: there is none\n$/,
  ],
  [[], { PULSE_DATA_DIR: MAIN }, 1, /^PULSE_DATA_DIR: Expected a folder [^\n]+: it is a file\n$/],
])("with %j and %j ends with %i", async (args, env, code, message) => {
  const platform = run({ PULSE_DATA_DIR: temporaryFolder(), ...env } as Record<string, string>, args);
  expect(await exitOf(platform)).toBe(code);
  expect(platform.output()).toMatch(message);
});
