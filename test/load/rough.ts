// Clients that do wrong: slow ones, some that go away in the middle, and some that send garbage.
import { randomBytes, randomInt } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Platform } from "../platform.ts";

const JSON_HEADERS = "host: localhost\r\ncontent-type: application/json\r\n";
const deep = "[".repeat(5000) + "]".repeat(5000);

/** What no client should send, as the bytes of a connection. */
const GARBAGE: readonly (() => Buffer)[] = [
  () => randomBytes(randomInt(1, 5000)),
  () => post("/pulse", randomBytes(2000)),
  () => post("/pulse", Buffer.from(deep)),
  () => post("/", Buffer.from(deep), "content-type: application/cloudevents+json\r\n"),
  () =>
    post("/default/pulsemesh", Buffer.from('{"specversion":"9"}'), "content-type: application/cloudevents+json\r\n"),
  () => post("/pulse", Buffer.from('{"service_name":1,"latency_ms":"x","status":[]}')),
  () => Buffer.from(`GET /services/%2e%2e/pulses?limit=-1&cursor=!! HTTP/1.1\r\nhost: localhost\r\n\r\n`),
  () => Buffer.from(`GET /${"x".repeat(8000)} HTTP/1.1\r\nhost: localhost\r\n\r\n`),
  () => Buffer.from(`GET / HTTP/1.1\r\nhost: localhost\r\nx: ${"y".repeat(40_000)}\r\n\r\n`),
  () => Buffer.from(`GET /dead-letters?limit=1000 HTTP/1.1\r\nhost: localhost\r\naccept: ${randomInt(9)}\r\n\r\n`),
];

function post(path: string, body: Buffer, headers = ""): Buffer {
  const type = headers === "" ? JSON_HEADERS : `host: localhost\r\n${headers}`;
  return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${type}content-length: ${body.length}\r\n\r\n`), body]);
}

/** Sends garbage to any process; `seen` gets the status of each answer. */
export async function sendGarbage(platform: Platform, seen: (status: number) => void): Promise<void> {
  const socket = open(anyOf(platform), seen);
  socket.write(anyIn(GARBAGE)());
  await Promise.race([closed(socket), delay(2000)]);
  socket.destroy();
}

/** Begins a request and goes away. */
export async function vanish(platform: Platform): Promise<void> {
  const socket = open(anyOf(platform));
  const request = post("/pulse", Buffer.alloc(randomInt(1, 200_000), " "));
  socket.write(request.subarray(0, randomInt(1, request.length)));
  await delay(randomInt(0, 200));
  socket.resetAndDestroy();
}

/** Sends a pulse a few bytes at a time; `seen` gets the status of the answer. */
export async function sendSlowly({ ingest }: Platform, seen: (status: number) => void): Promise<void> {
  const socket = open(ingest, seen);
  const end = Promise.race([once(socket, "data").catch(() => undefined), closed(socket)]);
  const pulse = JSON.stringify({
    service_name: "slow",
    latency_ms: 1,
    status: "ok",
    metadata: { pad: "x".repeat(1000) },
  });
  const bytes = post("/pulse", Buffer.from(pulse));
  for (let i = 0; i < bytes.length && !socket.destroyed; i += 100) {
    socket.write(bytes.subarray(i, i + 100));
    await delay(50);
  }
  await Promise.race([end, delay(10_000)]);
  socket.destroy();
}

/** Reads an export a little at a time; `seen` gets the status of the answer. */
export async function readSlowly(
  { query }: Platform,
  path: string,
  forMs: number,
  seen: (status: number) => void,
): Promise<void> {
  const socket = open(query, seen);
  socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\naccept: application/x-ndjson\r\n\r\n`);
  const end = performance.now() + forMs;
  while (performance.now() < end && !socket.destroyed) {
    socket.resume();
    await delay(20);
    socket.pause();
    await delay(200);
  }
  socket.destroy();
}

/** A connection; `seen` gets the status of its first answer. */
function open(url: string, seen?: (status: number) => void): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => undefined); // the server may have enough of it, or be away
  if (seen !== undefined) {
    socket.once("data", (chunk: Buffer) => {
      const status = /^HTTP\/1\.1 (\d{3})/.exec(chunk.toString("latin1", 0, 20))?.[1];
      if (status !== undefined) seen(Number(status));
    });
    // It is read to its end, also after its first answer.
    socket.resume();
  }
  return socket;
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

function anyOf({ ingest, query, persist, deadletter, health, broker }: Platform): string {
  return anyIn([ingest, query, persist, deadletter, health, broker]);
}

function anyIn<T>(list: readonly T[]): T {
  return list[randomInt(list.length)] as T;
}
