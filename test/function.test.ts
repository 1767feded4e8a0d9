// The functions as processes: messages at start, log lines, crashes, and the stock faas-js-runtime command.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Broker, openBroker, pulsesIn } from "../functions/testing/broker.ts";
import { freePort } from "../settings/tcp-ports.ts";
import { type FunctionProcess, runToEnd, startFunction } from "./function-process.ts";
import { until } from "./platform.ts";

const folder = mkdtempSync(join(tmpdir(), "pulse-function-"));
let broker: Broker;
const running: FunctionProcess[] = [];
beforeAll(async () => {
  broker = await openBroker();
});
afterEach(async () => {
  for (const one of running.splice(0)) await one.kill();
  broker.received.length = 0;
  broker.answer = () => 202;
});
afterAll(async () => {
  await broker.close();
  rmSync(folder, { recursive: true, force: true });
});

async function start(...args: Parameters<typeof startFunction>): Promise<FunctionProcess> {
  const one = await startFunction(...args);
  running.push(one);
  return one;
}

const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const PULSE = { service_name: "checkout", latency_ms: 1, status: "ok" };
const EVENT = { "ce-specversion": "1.0", "ce-source": "/shop", "ce-type": "dev.pulsemesh.pulse.v1" };

function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const all = { "content-type": "application/json", ...headers };
  return fetch(url, { method: "POST", headers: all, body: JSON.stringify(body) });
}

describe("a function that cannot start", () => {
  it("names every wrong setting, the expected value and the given one", async () => {
    const env = {
      PULSE_FUNCTION: "pulse-ingest",
      PORT: "eighty",
      K_SINK: "ftp://user:hunter2@broker/",
      K_CE_OVERRIDES: "team=shop",
      PULSE_INGEST_URL: "https://user:hunter2@pulse.example/",
      PULSE_DEADLETTER_URL: "https://hunter2@pulse.example/",
    };
    const { code, output } = await runToEnd(env);
    expect(code).toBe(1);
    expect(output).toContain('PORT: Expected an integer from 1 to 65535, got "eighty"');
    expect(output).toContain("K_SINK: Expected an http:// or https:// URL");
    for (const name of ["PULSE_INGEST_URL", "PULSE_DEADLETTER_URL"]) {
      expect(output).toContain(
        `${name}: Expected an http:// or https:// URL without a user, got "https://…@pulse.example/"`,
      );
    }
    expect(output).toContain('K_CE_OVERRIDES: Expected JSON such as {"extensions":{"team":"shop"}}');
    expect(output).not.toMatch(/hunter2|\n\s+at /);
  });

  it("names the setting for the broker when it is absent", async () => {
    const { code, output } = await runToEnd({ PULSE_FUNCTION: "pulse-ingest", K_SINK: "" });
    expect(code).toBe(1);
    expect(output).toContain("K_SINK: Expected the broker's URL");
  });

  it.each([
    ["PULSE_INGEST_TOKENS_FILE", "pulse-ingest", "/nowhere/tokens", "Expected a file that can be read"],
    ["PULSE_DATA_DIR", "pulse-persist", resolve("package.json"), "Expected a folder"],
    ["PULSE_DATA_DIR", "pulse-deadletter", resolve("package.json/data"), "Expected a folder"],
  ])("names %s of %s where it names %s", async (variable, name, path, expected) => {
    const { code, output } = await runToEnd({ PULSE_FUNCTION: name, K_SINK: broker.url, [variable]: path });
    expect({ code, lines: output.split("\n") }).toEqual({
      code: 1,
      lines: [expect.stringMatching(`^${variable}: ${expected}.* got ${path}: `), ""],
    });
  });

  it("names the port in use", async () => {
    const server = createServer().listen(0);
    await until("a port", () => server.listening);
    const { port } = server.address() as { port: number };
    const { code, output } = await runToEnd({ K_SINK: broker.url, PORT: String(port) });
    server.close();
    expect(code).toBe(1);
    expect(output).toMatch(new RegExp(`EADDRINUSE.*:${port}`));
  });
});

describe("a function's log", () => {
  it("has a JSON object a line, with event and trace from request to store, without bodies and tokens", async () => {
    const tokens = join(folder, "tokens.txt");
    writeFileSync(tokens, "s3cret-token *\n");
    const env = { PULSE_LOG_LEVEL: "debug", PULSE_DATA_DIR: folder };
    const ingestEnv = { ...env, K_SINK: broker.url, PULSE_INGEST_TOKENS_FILE: tokens };
    const [ingest, persist] = await Promise.all([
      start("pulse-ingest", { env: ingestEnv }),
      start("pulse-persist", { env }),
    ]);
    const authorization = "Bearer s3cret-token";
    const body = { ...PULSE, id: "traced", metadata: { password: "hunter2" } };
    expect((await post(`${ingest.url}/pulse`, body, { authorization, traceparent: TRACE })).status).toBe(202);
    expect((await post(`${ingest.url}/pulse`, { ...body, latency_ms: "hunter2" }, { authorization })).status).toBe(400);
    expect((await post(`${ingest.url}/pulse`, body, { authorization: "Bearer wr0ng" })).status).toBe(401);
    const [sent] = broker.received;
    const handedOn = await fetch(persist.url, {
      method: "POST",
      headers: sent?.headers as Record<string, string>,
      body: sent?.body as string,
    });
    expect(handedOn.status).toBe(204);
    for (const one of [ingest, persist]) {
      expect(await one.stop()).toBe(0);
      const lines = one.lines.map((line) => JSON.parse(line));
      for (const line of lines)
        expect(Object.keys(line)).toEqual(expect.arrayContaining(["level", "time", "function"]));
      expect(lines.find(({ eventId }) => eventId === "traced")).toMatchObject({ traceparent: TRACE });
      expect(lines.at(-1)).toMatchObject({ msg: "stopped" });
      expect(one.lines.join("\n")).not.toMatch(/hunter2|s3cret|wr0ng/);
    }
  });
});

describe("a function that crashes", () => {
  it("logs why, answers requests in flight and exits with 1", async () => {
    const program = join(folder, "crash.mts");
    const load = (path: string) => JSON.stringify(pathToFileURL(path).href);
    writeFileSync(
      program,
      `import { run } from ${load("functions/runtime/run.ts")};
       import { compose } from ${load("functions/pulse-ingest/compose.ts")};
       process.on("SIGUSR2", () => setImmediate(() => { throw new Error("a defect"); }));
       await run(process.env, async () => compose);`,
    );
    broker.answer = () => "hang";
    const ingest = await start("pulse-ingest", { env: { K_SINK: broker.url }, program: [program] });
    const answer = post(`${ingest.url}/pulse`, PULSE);
    await until("an event", () => broker.received.length === 1);
    process.kill(ingest.pid, "SIGUSR2");
    await until("the crash to be logged", () => ingest.lines.some((line) => line.includes("a defect")));
    broker.release(202);
    expect((await answer).status).toBe(202);
    expect(await ingest.stop()).toBe(1);
  });
});

describe("pulse-ingest under the stock faas-js-runtime command", () => {
  it("is the function that it is everywhere: its paths, its batches and its refusals, and drains at the end", async () => {
    const program = ["node_modules/faas-js-runtime/bin/cli.js", "functions/handler.ts"];
    const ingest = await start("pulse-ingest", { env: { K_SINK: broker.url, PULSE_LOG_LEVEL: "warn" }, program });
    const plain = await post(`${ingest.url}/pulse`, { ...PULSE, id: "plain" });
    expect([plain.status, await plain.json()]).toEqual([202, { accepted: 1, ids: ["plain"] }]);
    const binary = await post(ingest.url, PULSE, { ...EVENT, "ce-id": "binary" });
    expect([binary.status, await binary.text()]).toEqual([202, ""]);
    const structured = { specversion: "1.0", id: "structured", source: "/shop", type: EVENT["ce-type"], data: PULSE };
    const type = { "content-type": "application/cloudevents+json" };
    expect((await post(ingest.url, structured, type)).status).toBe(202);
    const batch = { "content-type": "application/cloudevents-batch+json" };
    expect((await post(ingest.url, [{ ...structured, id: "batch" }], batch)).status).toBe(202);
    expect(pulsesIn(broker.received).map(({ id }) => id)).toEqual(["plain", "binary", "structured", "batch"]);
    const { source: _, ...sourceless } = structured;
    for (const refused of [
      await post(ingest.url, { ...PULSE, latency_ms: -1 }),
      await post(ingest.url, sourceless, type),
      await post(ingest.url, PULSE, { ...EVENT, "ce-source": "", "ce-id": "sourceless" }),
      await post(ingest.url, "x".repeat(4_000_000), { ...EVENT, "ce-id": "large" }),
    ]) {
      expect([refused.status, refused.headers.get("content-type")]).toEqual([400, "application/problem+json"]);
    }
    expect((await fetch(`${ingest.url}/health/ready`)).status).toBe(200);
    expect(await (await fetch(`${ingest.url}/metrics`)).text()).toContain("pulsemesh_pulses_accepted_total");
    expect(await ingest.stop()).toBe(0);
  });

  it("listens on the port that the command is given", async () => {
    const port = await freePort();
    const program = ["node_modules/faas-js-runtime/bin/cli.js", "--port", String(port), "functions/handler.ts"];
    const env = { K_SINK: broker.url, PULSE_LOG_LEVEL: "warn", FUNC_PORT: "", PORT: "1" };
    const ingest = await start("pulse-ingest", { env, port, program });
    expect((await post(`${ingest.url}/pulse`, PULSE)).status).toBe(202);
  });

  it("ends with the wrong setting's name, as everywhere", async () => {
    const program = ["node_modules/faas-js-runtime/bin/cli.js", "functions/handler.ts"];
    const { code, output } = await runToEnd({ K_SINK: "" }, program);
    expect(code).toBe(1);
    expect(output).toContain("K_SINK: Expected the broker's URL");
  });
});
