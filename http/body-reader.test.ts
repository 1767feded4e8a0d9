import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { expect, it, onTestFinished } from "vitest";
import { BodyReader } from "./body-reader.ts";

const LIMITS = { maxBodyBytes: 1000, maxReadingBytes: 10_000, requestTimeoutMs: 10_000 };

it.each([
  ["taken", gzipSync("a".repeat(1000)), ["spend", 1000]],
  ["taken, and says that it is empty", Buffer.concat([gzipSync("a".repeat(1000)), gzipSync("")]), ["spend", 1000]],
  ["too large", gzipSync("a".repeat(1001)), ["spend", 413]],
  ["no gzip", Buffer.from("a"), ["spend", 400]],
])("tells how long unpacking took, before a body that is %s", async (_, body, told) => {
  const calls: unknown[] = [];
  const bodies = new BodyReader({ limits: LIMITS, unpacks: true, onBytes: undefined });
  onTestFinished(() => bodies.close());
  const server = createServer((request, response) => {
    const told = (what: unknown) => {
      calls.push(what);
      response.end();
    };
    bodies.read(request, {
      spend: (ms) => void calls.push(ms > 0 ? "spend" : ms),
      take: (body) => told(body.length),
      refuse: (reply) => told(reply.status),
      client: () => "",
    });
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await fetch(`http://127.0.0.1:${port}`, { method: "POST", headers: { "content-encoding": "gzip" }, body });
  expect(calls).toEqual(told);
});
