// Clients of plain JSON name their pulses 1, 2, 3, and an identity counts within a service: two services may have the same.
import type { IncomingHttpHeaders } from "node:http";
import { expect, it } from "vitest";
import { clock, list, post, replay, broker as replayedTo } from "../testing/dead-letter-function.ts";
import { broker, host } from "../testing/ingest-and-broker.ts";

const PULSE = { id: "1", latency_ms: 1, status: "ok" };

function attributesOf(headers: IncomingHttpHeaders): Record<string, string> {
  const own = Object.entries(headers).filter(([name]) => name.startsWith("ce-"));
  return Object.fromEntries(own) as Record<string, string>;
}

/** Sends a pulse to pulse-ingest, and its event to pulse-deadletter, as a broker does after the last try. */
async function fail(service: string): Promise<void> {
  const body = JSON.stringify({ ...PULSE, service_name: service });
  const init = { method: "POST", headers: { "content-type": "application/json" }, body };
  expect((await fetch(`${host.url}/pulse`, init)).status).toBe(202);
  const event = broker.received.at(-1);
  await post({ ...attributesOf(event?.headers ?? {}), "ce-knativeerrorcode": "503" }, event?.body);
}

it("pulses of two services with one id are two dead letters, and each is replayed", async () => {
  for (const service of ["checkout", "cart"]) await fail(service);
  await fail("cart");
  expect((await list()).map(({ services }) => services)).toEqual([["cart"], ["checkout"]]);
  clock.now += 1000;
  expect((await replay("/dead-letters/replay")).body).toMatchObject({ replayed: 2 });
  const sent = replayedTo.received.map(({ body }) => JSON.parse(body).service_name);
  expect(sent.sort()).toEqual(["cart", "checkout"]);
});

it("a correction that fails and comes back stands beside its own service's event", async () => {
  for (const service of ["checkout", "cart"]) await fail(service);
  const id = (await list("?service=cart"))[0]?.id;
  replayedTo.answer = async ({ headers, body }) => {
    await post({ ...attributesOf(headers), "ce-knativeerrorcode": "503" }, body);
    return 202;
  };
  const correction = { service_name: "cart", latency_ms: 2, status: "ok" };
  await replay(`/dead-letters/${id}/replay`, JSON.stringify(correction));
  expect(await list("?service=cart")).toMatchObject([{ id, event: { data: { latency_ms: 1 } }, correction }]);
  expect(await list("?service=checkout")).toMatchObject([{ event: { data: { service_name: "checkout" } } }]);
});
