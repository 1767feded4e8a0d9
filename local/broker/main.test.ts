// The broker as a process: killed, stopped under load, started with wrong settings.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { Agent, request } from "node:http";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished, vi } from "vitest";
import { freePort } from "../../settings/tcp-ports.ts";
import { post } from "../testing/broker.ts";
import { startSubscriber } from "../testing/subscriber.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));
const PULSE = { headers: { "ce-type": "dev.pulsemesh.pulse.v1" } };

interface BrokerProcess {
  child: ChildProcess;
  port: number;
  url: string;
  output: () => string;
  /** Resolves when the process has ended and its output was read. */
  ended: Promise<unknown>;
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
  const ended = once(child, "close");
  await vi.waitFor(() => expect(child.exitCode !== null || text.includes("broker listens")).toBe(true));
  return { child, port, url, output: () => text, ended };
}

it("an event that was acknowledged and not delivered survives kill -9", async () => {
  const persist = await startSubscriber(() => undefined);
  onTestFinished(() => persist.close());
  const env = { PULSE_DATA_DIR: temporaryFolder(), PULSE_LOCAL_PERSIST_PORT: persist.url.port };
  const first = await startProcess(env);
  const ids = Array.from({ length: 100 }, (_, i) => `k${i}`);
  const answers = await Promise.all(ids.map((id) => post(first.url, id, PULSE)));
  expect(answers.every(({ status }) => status === 202)).toBe(true);
  first.child.kill("SIGKILL");
  await first.ended;

  persist.received.length = 0;
  persist.answerWith(() => ({ status: 204 }));
  const second = await startProcess(env);
  await vi.waitFor(() => expect(new Set(persist.ids())).toEqual(new Set(ids)));
  second.child.kill("SIGTERM");
  await second.ended;
  expect(second.child.exitCode).toBe(0);
});

/** Posts over kept connections until the broker refuses connections; every other failure counts. */
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
  await vi.waitFor(() => expect(acked.length).toBeGreaterThan(200));
  // A client that connects just when listening ends gets a reset: here each client has a connection, and keeps it.
  await vi.waitFor(() => expect(new Set(acked.map((id) => id.split("-")[0])).size).toBe(16));
  first.child.kill("SIGTERM");
  await Promise.all(clients);
  await first.ended;
  expect(first.child.exitCode).toBe(0);
  expect(failures).toEqual([]);
  expect(first.output()).toContain('"msg":"stopped"');

  await startProcess(env);
  await vi.waitFor(() => expect(new Set(persist.ids())).toEqual(new Set(acked)));
});

it.each([
  [{ PULSE_LOCAL_BROKER_MAX_BYTES: "lots" }, "PULSE_LOCAL_BROKER_MAX_BYTES: Expected an integer from"],
  // U+202E would let a terminal show what follows backwards.
  [{ PULSE_LOG_LEVEL: "loud\u202e" }, /^PULSE_LOG_LEVEL: Expected one of .*, got "loud\\u202e"\n$/],
])("a wrong setting ends the process with 1 and a line that names the setting", async (env, message) => {
  const { child, output, ended } = await startProcess({ PULSE_DATA_DIR: temporaryFolder(), ...env } as Record<
    string,
    string
  >);
  await ended;
  expect(child.exitCode).toBe(1);
  expect(output()).toMatch(message);
  expect(output()).not.toContain("    at ");
});
