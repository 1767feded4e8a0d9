import { once } from "node:events";
import { createServer } from "node:http";
import { expect, it, onTestFinished } from "vitest";
import { PULSE_TYPE } from "../events/cloud-event.ts";
import { eventOfOne } from "../events/pulse-event.ts";
import { type BrokerClientOptions, openBrokerClient, type SentEvent } from "./broker-client.ts";
import { createLogger } from "./log.ts";
import { openBroker } from "./testing/broker.ts";
import { pulse } from "./testing/pulse.ts";

const EVENT = eventOfOne(pulse("checkout"));

function openClient(url: string, deadlineMs: number, options: Partial<BrokerClientOptions> = {}) {
  const client = openBrokerClient({
    url: new URL(url),
    connections: 1,
    deadlineMs,
    log: createLogger("silent", "test"),
    ...options,
  });
  onTestFinished(() => client.close());
  return client;
}

async function openTestBroker() {
  const broker = await openBroker();
  onTestFinished(broker.close);
  return broker;
}

it("sends an event once when the broker takes it", async () => {
  const broker = await openTestBroker();
  expect(await openClient(broker.url, 60_000).send(EVENT)).toEqual({ kind: "accepted", uncertainTries: 0 });
  expect(broker.received.map(({ headers }) => headers["ce-type"])).toEqual([PULSE_TYPE]);
});

it("makes no further try when the deadline has passed during the wait before it", async () => {
  const broker = await openTestBroker();
  broker.answer = () => (broker.received.length === 1 ? 503 : "hang");
  // The client looks at the clock before it waits, with time left, and after it has waited, when the deadline is reached.
  const looks = [59_940, 60_000];
  const now = () => (broker.received.length === 0 ? 0 : (looks.shift() ?? 60_000));
  const outcome = await openClient(broker.url, 60_000, { now }).send(EVENT);
  expect(looks).toEqual([]);
  expect(outcome).toEqual({ kind: "unavailable", reason: "the broker answered 503", uncertainTries: 0 });
  expect(broker.received).toHaveLength(1);
}, 10_000);

it("says why the broker refuses, where a problem document tells", async () => {
  const refuse = async (body: string) => {
    let now = 0;
    const server = createServer((request, response) => {
      request.resume();
      now = 60_000; // the deadline: there is no second try
      response.writeHead(503).end(body);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const outcome = await openClient(`http://127.0.0.1:${port}/`, 60_000, { now: () => now }).send(EVENT);
    return outcome.kind === "unavailable" ? outcome.reason : outcome.kind;
  };
  const detail = "Expected room, got a full disk.";
  expect(await refuse(JSON.stringify({ title: "Service unavailable", detail }))).toBe(
    `the broker answered 503 (${detail})`,
  );
  const tooLong = JSON.stringify({ detail: "x".repeat(1_000_000) });
  for (const body of ["no room", '{"detail":7}', "", tooLong]) {
    expect(await refuse(body)).toBe("the broker answered 503");
  }
});

it("says when the broker takes an event and asks for less", async () => {
  const asks = ["2", "soon", "-1"];
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(202, { "retry-after": asks.shift() }).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const client = openClient(`http://127.0.0.1:${(server.address() as { port: number }).port}/`, 60_000);
  expect(await client.send(EVENT)).toEqual({ kind: "accepted", uncertainTries: 0, slowDownMs: 2000 });
  for (let i = 0; i < 2; i++) expect(await client.send(EVENT)).toEqual({ kind: "accepted", uncertainTries: 0 });
});

it("takes the status of an answer whose body never ends", async () => {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(202);
    const timer = setInterval(() => response.write("."), 20);
    response.on("close", () => clearInterval(timer));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  const outcome = await openClient(`http://127.0.0.1:${port}/`, 300).send(EVENT);
  expect(outcome).toEqual({ kind: "accepted", uncertainTries: 0 });
}, 10_000);

it("never sends an event that waits for a connection until its deadline", async () => {
  const broker = await openTestBroker();
  let now = 0;
  const client = openClient(broker.url, 5000, { now: () => now });
  const first = Promise.withResolvers<SentEvent>();
  broker.answer = () => {
    if (broker.received.length > 1) return "hang";
    // The other event takes the only connection between this one's tries, and 100 ms remain for the second of them.
    first.resolve(client.send(EVENT));
    now = 4850;
    return 503;
  };
  const reason = "the broker did not answer in time";
  expect(await client.send(EVENT)).toEqual({ kind: "unavailable", reason, uncertainTries: 0 });
  broker.release(202);
  expect(await first.promise).toEqual({ kind: "accepted", uncertainTries: 0 });
  expect(broker.received).toHaveLength(2);
}, 10_000);
