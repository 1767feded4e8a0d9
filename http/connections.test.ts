import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished, vi } from "vitest";
import { boundConnections, hasTooMany } from "./connections.ts";
import { openRawConnection, rawRequest } from "./testing/raw-connection.ts";

async function open(max: number) {
  const server = createServer((_, response) => response.end("ok"));
  boundConnections(server, max);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return async (from: string) => {
    const connection = await openRawConnection((server.address() as AddressInfo).port, from);
    onTestFinished(() => void connection.socket.destroy());
    return connection;
  };
}

it("the newest connection of the address that has most is closed for another address, and one beyond all is closed", async () => {
  const connect = await open(3);
  const greedy = [await connect("127.0.0.1"), await connect("127.0.0.1"), await connect("127.0.0.1")];
  const beyond = await connect("127.0.0.1");
  await beyond.ended();
  const polite = await connect("127.0.0.2");
  polite.send(rawRequest("GET /"));
  expect((await polite.answer()).status).toBe(200);
  await greedy[2]?.ended();
  greedy[0]?.send(rawRequest("GET /"));
  expect((await greedy[0]?.answer())?.status).toBe(200);
});

it("a connection that ends gives its place back", async () => {
  const connect = await open(1);
  (await connect("127.0.0.1")).socket.destroy();
  await vi.waitFor(async () => {
    const next = await connect("127.0.0.1");
    next.send(rawRequest("GET /"));
    expect((await next.answer()).status).toBe(200);
  });
});

it.each([
  [1000, 1000, false],
  [1001, 1001, true],
  [1, 20_000, false],
  [2, 10_000, false],
  [2, 10_001, true],
])("a connection that has %d requests unanswered of %d of all has too many: %s", (own, all, tooMany) => {
  expect(hasTooMany({ unanswered: own }, all)).toBe(tooMany);
});
