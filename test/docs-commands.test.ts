// The commands and programs of the documents, run as they stand against the laptop platform: only the addresses differ.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { symlinkSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buffer, text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { isSkippedWithout } from "../dashboards/testing/tools.ts";
import { PULSE_TYPE } from "../events/cloud-event.ts";
import { startSubscriber } from "../local/testing/subscriber.ts";
import { codeBlocksOf, commandsOf, readDocument } from "./documents.ts";
import { startPlatform } from "./platform.ts";

const CURL_FAILED = 22;
const CURL_TIMED_OUT = 28;

const folder = await mkdtemp(join(tmpdir(), "pulsemesh-documents-"));

// The webhook of a document: its file of Triggers, and who gets its events.
const webhook = await startSubscriber();
const [triggers = ""] = codeBlocksOf(readDocument("docs/watching.md"), "yaml");
const triggersFile = join(folder, "webhook.yaml");
writeFileSync(triggersFile, triggers.replace("http://localhost:9000/", webhook.url.href));
const platform = await startPlatform({ PULSE_TRIGGERS_FILE: triggersFile });

// What the senders send to: it refuses as many of the first requests as a test says, and hands the others on to pulse-ingest.
const refusals: number[] = [];
const answered: number[] = [];
const refuser = createServer(async (request, response) => {
  const body = await buffer(request);
  const refusal = refusals.shift();
  const headers = Object.entries(request.headers).filter(([name]) => /^(content-type|ce-.*)$/.test(name));
  const init = { method: "POST", headers: headers as [string, string][], body };
  const answer =
    refusal === undefined
      ? await fetch(`${platform.ingest}${request.url}`, init)
      : new Response("", { status: refusal });
  answered.push(answer.status);
  response.writeHead(answer.status, { "retry-after": "1" }).end(await answer.text());
});
refuser.listen(0, "127.0.0.1");
await once(refuser, "listening");
const refuserHost = `127.0.0.1:${(refuser.address() as { port: number }).port}`;

beforeAll(() => {
  symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, ".curlrc"), "silent\nshow-error\nfail-with-body\nmax-time = 30\n");
});
afterAll(async () => {
  refuser.closeAllConnections();
  refuser.close();
  await webhook.close();
  await platform.dispose();
  await rm(folder, { recursive: true, force: true });
});

describe.each(["README.md", "docs/api.md", "docs/watching.md"])("the commands of %s", (file) => {
  const blocks = codeBlocksOf(readDocument(file), "sh");
  const commands = blocks.flatMap(commandsOf).filter(({ text }) => text.startsWith("curl "));
  let deadLetter = "";

  beforeAll(async () => {
    await postSample("pulse.json", `${platform.ingest}/pulse`, "application/json");
    await postSample("poison.json", platform.broker, "application/cloudevents+json");
    await vi.waitFor(async () => {
      expect(await countPulses("checkout")).toBeGreaterThan(0);
      const { dead_letters } = await readJson(`${platform.deadletter}/dead-letters?replayed=false`);
      deadLetter = dead_letters[0].id;
    });
  });

  it("are some", () => {
    expect(commands.length).toBeGreaterThan(1);
  });

  it.each(commands)("$text", async ({ text: command, answer }) => {
    const isStream = command.includes(" -N ");
    const script = here(command, new URL(platform.ingest).host)
      .replaceAll("ID", deadLetter)
      .replace(" -N ", " -N --max-time 2 ");
    const { status, output } = await run("bash", ["-euc", script], ".");
    const expected = isStream ? CURL_TIMED_OUT : answer.includes('"status":400') ? CURL_FAILED : 0;
    expect(status, output).toBe(expected);
    if (isStream) expect(output).toContain("event: ready");
  });
});

it("the webhook of docs/watching.md gets the pulse that is down, and no other", async () => {
  await vi.waitFor(() => expect(webhook.received.length).toBeGreaterThan(0));
  const down = { "ce-type": PULSE_TYPE, "ce-subject": "checkout", "ce-health": "down" };
  for (const { headers, body } of webhook.received) {
    expect(headers).toMatchObject(down);
    expect(JSON.parse(body)).toMatchObject({ service_name: "checkout", status: "down" });
  }
});

const SENDERS = readDocument("docs/senders.md");
const [js = "", sdk = ""] = codeBlocksOf(SENDERS, "js");
const [python = ""] = codeBlocksOf(SENDERS, "python");
const [go = ""] = codeBlocksOf(SENDERS, "go");
const [java = ""] = codeBlocksOf(SENDERS, "java");

describe.each([
  { name: "Node", program: [process.execPath], file: "send.mjs", code: js },
  { name: "Node with the SDK", program: [process.execPath], file: "send-event.mjs", code: sdk },
  { name: "Python", program: ["python3"], file: "send.py", code: python },
  { name: "Go", program: ["go", "run"], file: "send.go", code: go },
  { name: "Java", program: ["java"], file: "Send.java", code: java },
])("the sender in $name", ({ program: [program = "", ...options], file, code }) => {
  const isSkipped = program !== process.execPath && isSkippedWithout(program);

  beforeEach(() => {
    writeFileSync(join(folder, file), here(code, refuserHost));
    refusals.length = 0;
    answered.length = 0;
  });

  it.skipIf(isSkipped)("sends a pulse again after a 503, and PulseMesh stores it", async () => {
    const before = await countPulses("checkout");
    refusals.push(503);
    const { status, output } = await run(program, [...options, file], folder);
    expect({ status, answered }, output).toEqual({ status: 0, answered: [503, 202] });
    await vi.waitFor(async () => expect(await countPulses("checkout")).toBe(before + 1));
  });

  it.skipIf(isSkipped)("fails at once where its pulse is refused", async () => {
    refusals.push(400);
    const { status, output } = await run(program, [...options, file], folder);
    expect({ isFailed: status !== 0, answered }, output).toEqual({ isFailed: true, answered: [400] });
  });
});

describe("the senders with curl", () => {
  const blocks = codeBlocksOf(SENDERS, "sh").filter((block) => block.includes("curl "));

  it.each(blocks.map((block, i) => [i + 1, block] as const))("number %i sends what it says", async (_, block) => {
    const { status, output } = await run("bash", ["-euc", here(block, refuserHost)], ".");
    expect(status, output).toBe(0);
  });

  it.each(["deploy", "nightly-backup", "payments", "edge/gateway", "nightly-report", "nightly-copy"])(
    "%s is among the services then",
    async (service) => {
      await vi.waitFor(async () => expect(await countPulses(service)).toBeGreaterThan(0));
    },
  );
});

/** A command or program with the addresses of this test's platform, and `ingestHost` for pulse-ingest. */
function here(code: string, ingestHost: string): string {
  const hosts: Record<string, string> = {
    8080: ingestHost,
    8081: new URL(platform.query).host,
    8082: new URL(platform.persist).host,
    8083: new URL(platform.deadletter).host,
    8090: new URL(platform.broker).host,
  };
  return code.replaceAll(/localhost:(80\d\d)/g, (_, port: string) => hosts[port] as string);
}

async function postSample(name: string, url: string, type: string): Promise<void> {
  const init = { method: "POST", headers: { "content-type": type }, body: readDocument(`events/samples/${name}`) };
  expect((await fetch(url, init)).status).toBe(202);
}

async function countPulses(service: string): Promise<number> {
  const path = `/services/${encodeURIComponent(service)}/pulses?limit=1000`;
  return (await readJson(`${platform.query}${path}`)).pulses.length;
}

// biome-ignore lint/suspicious/noExplicitAny: answers whose shape other tests check
async function readJson(url: string): Promise<any> {
  return (await fetch(url)).json();
}

async function run(program: string, args: string[], cwd: string): Promise<{ status: number | null; output: string }> {
  const env = { ...process.env, CURL_HOME: folder };
  const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const [out, error, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { status, output: out + error };
}
