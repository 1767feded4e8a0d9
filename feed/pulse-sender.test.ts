import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { freePort } from "../settings/tcp-ports.ts";
import { PulseSender, type SenderOptions } from "./pulse-sender.ts";
import { problemAnswer, startIngest } from "./testing/ingest.ts";

const PULSES = ["a", "b"].map((id) => JSON.stringify({ service_name: "checkout", latency_ms: 1, status: "ok", id }));

function senderTo(url: URL, changes: Partial<SenderOptions> = {}) {
  const reasons: string[] = [];
  const sender = new PulseSender({
    url,
    token: undefined,
    connections: 2,
    retryForMs: 20_000,
    signal: new AbortController().signal,
    onRetry: (reason) => reasons.push(reason),
    ...changes,
  });
  onTestFinished(() => sender.close());
  return { sender, reasons };
}

describe("PulseSender", () => {
  it("sends pulses as one request, with the token", async () => {
    const ingest = await startIngest();
    const { sender } = senderTo(ingest.url, { token: "secret" });
    expect(await sender.send(PULSES)).toEqual({ kind: "accepted" });
    expect([...ingest.pulses.keys()]).toEqual(["a", "b"]);
    expect(ingest.headers[0]).toMatchObject({ authorization: "Bearer secret", "content-type": "application/json" });
  });

  it.each([429, 503, 502, 500, 408])("tries again after %i", async (status) => {
    const ingest = await startIngest();
    ingest.misbehave = (request) => (request < 2 ? problemAnswer(status, "not now") : undefined);
    const { sender, reasons } = senderTo(ingest.url);
    expect(await sender.send(PULSES)).toEqual({ kind: "accepted" });
    expect(reasons).toEqual([`${status}: not now`, `${status}: not now`]);
    expect(sender.retries).toBe(2);
  });

  it("waits as long as Retry-After says", async () => {
    const ingest = await startIngest();
    ingest.misbehave = (request) => (request === 0 ? problemAnswer(503, "not now", { "retry-after": "1" }) : undefined);
    const { sender } = senderTo(ingest.url);
    const startedAt = performance.now();
    await sender.send(PULSES);
    // A timer may fire up to a millisecond early.
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(998);
  });

  it("reads a date in Retry-After", async () => {
    const ingest = await startIngest();
    const past = new Date(Date.now() - 60_000).toUTCString();
    ingest.misbehave = (request) =>
      request === 0 ? problemAnswer(429, "not now", { "retry-after": past }) : undefined;
    const { sender } = senderTo(ingest.url);
    expect(await sender.send(PULSES)).toEqual({ kind: "accepted" });
  });

  it.each(["cut", "cut-after"] as const)("sends again when the connection was %s, with the same ids", async (how) => {
    const ingest = await startIngest();
    ingest.misbehave = (request) => (request === 1 ? how : undefined);
    const { sender, reasons } = senderTo(ingest.url);
    await sender.send(PULSES);
    expect(await sender.send(PULSES)).toEqual({ kind: "accepted" });
    expect(reasons).toEqual([expect.stringMatching(/^the connection broke/)]);
    expect([...ingest.pulses.keys()]).toEqual(["a", "b"]);
  });

  it("waits for a server that is not there yet", async () => {
    const port = await freePort();
    let isStarting = false;
    const { sender, reasons } = senderTo(new URL(`http://127.0.0.1:${port}/pulse`), {
      onRetry: async (reason) => {
        reasons.push(reason);
        if (isStarting) return;
        isStarting = true;
        await startIngest({ port });
      },
    });
    expect(await sender.send(PULSES)).toEqual({ kind: "accepted" });
    expect(reasons[0]).toBe("the connection was refused");
  });

  it("gives up when nothing is accepted within the time for retries", async () => {
    const ingest = await startIngest();
    ingest.misbehave = () => problemAnswer(503, "the broker is away");
    const { sender } = senderTo(ingest.url, { retryForMs: 50 });
    expect(await sender.send(PULSES)).toEqual({ kind: "unreachable", reason: "503: the broker is away", status: 503 });
  });

  it("gives up on pulses of a new service beyond the bound, though others are accepted meanwhile", async () => {
    const ingest = await startIngest();
    const stop = new AbortController();
    const { sender } = senderTo(ingest.url, { retryForMs: 100, signal: stop.signal, onRetry: () => stop.abort() });
    const startedAt = performance.now();
    ingest.misbehave = async (request) => {
      if (request > 0) return undefined;
      while (performance.now() - startedAt < 150) await sender.send(PULSES);
      return problemAnswer(429, "a new service beyond the bound", { "retry-after": "60" });
    };
    const refusal = { kind: "refused", status: 429, detail: "a new service beyond the bound", faults: [] };
    expect(await sender.send(PULSES)).toEqual(refusal);
  });

  it("gives up at once on a host that does not exist", async () => {
    // A label of a host name has at most 63 characters, so the resolver needs no network to refuse this one.
    const { sender } = senderTo(new URL(`http://${"x".repeat(64)}.invalid/pulse`));
    expect(await sender.send(PULSES)).toEqual({ kind: "unreachable", reason: "the host's name was not found" });
  });

  it("reports an answer that does not come, and tries again", async () => {
    const ingest = await startIngest();
    ingest.misbehave = (request) => (request === 0 ? new Promise<undefined>(() => undefined) : undefined);
    const { sender, reasons } = senderTo(ingest.url, { timeoutMs: 50 });
    expect(await sender.send(PULSES)).toEqual({ kind: "accepted" });
    // On a busy machine the second answer may be late, too.
    expect(new Set(reasons)).toEqual(new Set(["no answer in time"]));
  });

  it("does not wait for an answer that drips", async () => {
    const server = createServer((_, response) => {
      response.writeHead(202);
      const timer = setInterval(() => response.write(" "), 10);
      response.on("close", () => clearInterval(timer));
    }).listen(0);
    onTestFinished(() => void server.close().closeAllConnections());
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const { sender } = senderTo(new URL(`http://127.0.0.1:${port}/pulse`), { timeoutMs: 200, retryForMs: 0 });
    expect(await sender.send(PULSES)).toEqual({ kind: "unreachable", reason: "no answer in time" });
  });

  it("does not try again what is refused for good, and returns its faults", async () => {
    const ingest = await startIngest();
    const { sender } = senderTo(ingest.url);
    const bad = JSON.stringify({ service_name: "checkout", latency_ms: -1, status: "ok" });
    expect(await sender.send([...PULSES, bad])).toMatchObject({
      kind: "refused",
      status: 400,
      detail: "faults",
      faults: [{ pointer: "/2/latency_ms", rule: expect.any(String), got: "number" }],
    });
    expect(ingest.requests).toEqual([3]);
  });

  it.each([301, 401, 403, 404, 409, 413, 415, 422])("does not try again after %i", async (status) => {
    const ingest = await startIngest();
    ingest.misbehave = () => ({ status, body: "<html>no" });
    const { sender } = senderTo(ingest.url);
    expect(await sender.send(PULSES)).toEqual({ kind: "refused", status, detail: "no reason given", faults: [] });
    expect(ingest.requests).toHaveLength(1);
  });

  it.each(["", "{}", '{"accepted":1}', "hello"])("does not believe a 200 with %j", async (body) => {
    const ingest = await startIngest();
    ingest.misbehave = () => ({ status: 200, body });
    const { sender } = senderTo(ingest.url);
    expect(await sender.send(PULSES)).toMatchObject({
      kind: "refused",
      detail: expect.stringContaining("not pulse-ingest"),
    });
  });

  it("stops trying when the signal aborts", async () => {
    const ingest = await startIngest();
    const stop = new AbortController();
    ingest.misbehave = () => problemAnswer(503, "not now", { "retry-after": "60" });
    const { sender } = senderTo(ingest.url, { signal: stop.signal, onRetry: () => stop.abort() });
    expect(await sender.send(PULSES)).toEqual({ kind: "stopped" });
    expect(await sender.send(PULSES)).toEqual({ kind: "stopped" });
    expect(ingest.requests).toHaveLength(1);
  });
});
