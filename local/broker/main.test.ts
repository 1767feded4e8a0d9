// The broker as the process that it is, ended in every way.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { Agent, request } from "node:http";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { post, temporaryFolder } from "./test-broker.ts";
import { eventually, startSubscriber } from "./test-subscriber.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));
const PULSE = { headers: { "ce-type": "dev.pulsemesh.pulse.v1" } };

async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

interface BrokerProcess {
  child: ChildProcess;
  port: number;
  url: string;
  output: () => string;
}

async function startProcess(env: Record<string, string>): Promise<BrokerProcess> {
  const port = Number(env.PULSE_LOCAL_BROKER_PORT ?? (await freePort()));
  const child = spawn(process.execPath, [MAIN], {
    env: { ...process.env, PULSE_LOCAL_BROKER_PORT: String(port), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  let text = "";
  child.stdout.on("data", (chunk) => {
    text += chunk;
  });
  child.stderr.on("data", (chunk) => {
    text += chunk;
  });
  const url = `http://localhost:${port}/default/pulsemesh`;
  await eventually(() => expect(child.exitCode !== null || text.includes("broker listens")).toBe(true));
  return { child, port, url, output: () => text };
}

it("what was acked and not delivered survives kill -9", async () => {
  const persist = await startSubscriber(() => undefined);
  onTestFinished(() => persist.close());
  const env = { PULSE_DATA_DIR: temporaryFolder(), PULSE_LOCAL_PERSIST_PORT: persist.url.port };
  const first = await startProcess(env);
  const ids = Array.from({ length: 100 }, (_, i) => `k${i}`);
  const answers = await Promise.all(ids.map((id) => post(first.url, id, PULSE)));
  expect(answers.every(({ status }) => status === 202)).toBe(true);
  first.child.kill("SIGKILL");
  await once(first.child, "exit");

  persist.received.length = 0;
  persist.answerWith(() => ({ status: 204 }));
  const second = await startProcess(env);
  await eventually(() => expect(new Set(persist.ids())).toEqual(new Set(ids)));
  second.child.kill("SIGTERM");
  await once(second.child, "exit");
  expect(second.child.exitCode).toBe(0);
}, 60_000);

/** Posts over one kept connection after another until the broker refuses connections; every other failure counts. */
async function postUntilRefused(port: number, client: number, acked: string[], failures: string[]): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let n = 0; ; n++) {
    const id = `c${client}-${n}`;
    const outcome = await new Promise<number | string>((resolve) => {
      const headers = {
        "content-type": "application/json",
        "ce-specversion": "1.0",
        "ce-source": "/test",
        "ce-type": "dev.pulsemesh.pulse.v1",
        "ce-id": id,
      };
      const outgoing = request(
        { host: "localhost", port, path: "/default/pulsemesh", method: "POST", agent, headers },
        (response) => {
          response.resume();
          response.on("end", () => resolve(response.statusCode ?? 0));
        },
      );
      outgoing.on("error", (error: Error & { code?: string; errors?: { code: string }[] }) =>
        resolve(error.code ?? error.errors?.[0]?.code ?? error.message),
      );
      outgoing.end("{}");
    });
    if (outcome === 202) acked.push(id);
    else if (outcome === "ECONNREFUSED") break;
    else failures.push(`${id}: ${outcome}`);
  }
  agent.destroy();
}

it("SIGTERM under load fails no request and loses nothing", async () => {
  const persist = await startSubscriber();
  onTestFinished(() => persist.close());
  const env = { PULSE_DATA_DIR: temporaryFolder(), PULSE_LOCAL_PERSIST_PORT: persist.url.port };
  const first = await startProcess(env);
  const acked: string[] = [];
  const failures: string[] = [];
  const clients = Array.from({ length: 16 }, (_, i) => postUntilRefused(first.port, i, acked, failures));
  await eventually(() => expect(acked.length).toBeGreaterThan(200));
  first.child.kill("SIGTERM");
  await Promise.all(clients);
  if (first.child.exitCode === null) await once(first.child, "exit");
  expect(first.child.exitCode).toBe(0);
  expect(failures).toEqual([]);
  expect(first.output()).toContain('"msg":"stopped"');

  await startProcess(env);
  await eventually(() => expect(new Set(persist.ids())).toEqual(new Set(acked)));
}, 60_000);

it.each([
  [{ PULSE_LOCAL_BROKER_MAX_BYTES: "lots" }, "PULSE_LOCAL_BROKER_MAX_BYTES: Expected an integer from"],
  [{ PULSE_LOG_LEVEL: "loud" }, "PULSE_LOG_LEVEL: Expected one of"],
])(
  "a wrong setting ends it with 1 and a line that names it",
  async (env, message) => {
    const { child, output } = await startProcess({ PULSE_DATA_DIR: temporaryFolder(), ...env } as Record<
      string,
      string
    >);
    expect(child.exitCode).toBe(1);
    expect(output()).toContain(message);
    expect(output()).not.toContain("    at ");
  },
  30_000,
);
