// What a function adds to the server that test/http-hosts.test.ts describes: it counts requests.
import { afterAll, expect, it, vi } from "vitest";
import { openRawConnection, rawRequest } from "../../http/testing/raw-connection.ts";
import { takesConnections } from "../../settings/tcp-ports.ts";
import { compose } from "../pulse-ingest/compose.ts";
import { openBroker } from "../testing/broker.ts";
import { openFunctionHost } from "../testing/function-host.ts";

const broker = await openBroker();
const host = await openFunctionHost(compose, { K_SINK: broker.url, PULSE_EMIT_MAX_IN_FLIGHT: "64" });
afterAll(async () => {
  await host.close();
  await broker.close();
});

const request = (id: string) =>
  rawRequest("POST /pulse", {}, JSON.stringify({ service_name: "checkout", latency_ms: 12.5, status: "ok", id }));

async function countOf(method: string, code: number): Promise<number> {
  const text = await (await fetch(`${host.url}/metrics`)).text();
  const labels = `function="pulse-ingest",method="${method}",code="${code}"`;
  return Number(text.split(`pulsemesh_requests_total{${labels}} `)[1]?.split("\n")[0] ?? 0);
}

it("counts every request by method and answer, except health checks and scrapes", async () => {
  await fetch(`${host.url}/pulse`, { method: "DELETE" });
  await fetch(`${host.url}/health/live`);
  await fetch(`${host.url}/health/ready`, { method: "HEAD" });
  expect([await countOf("DELETE", 405), await countOf("HEAD", 200), await countOf("GET", 200)]).toEqual([1, 0, 0]);
});

it("counts a request whose client goes away as 499, and forgets its body", async () => {
  const before = await countOf("POST", 499);
  const connection = await openRawConnection(host.port);
  connection.send(rawRequest("POST /pulse", { "content-length": "100" }, "{"));
  connection.socket.destroy();
  await vi.waitFor(async () => expect(await countOf("POST", 499)).toBe(before + 1));
  expect(broker.received).toHaveLength(0);
});

it("answers pipelined requests in their order", async () => {
  const connection = await openRawConnection(host.port);
  connection.send(request("a") + request("b") + request("c") + rawRequest("GET /nothing"));
  for (const id of ["a", "b", "c"]) expect((await connection.answer()).json()).toEqual({ accepted: 1, ids: [id] });
  expect((await connection.answer()).status).toBe(404);
  connection.socket.destroy();
});

it("leaves the answer that a broker still owes alone when something unreadable follows its request", async () => {
  broker.answer = () => "hang";
  const connection = await openRawConnection(host.port);
  const before = broker.received.length;
  connection.send(`${request("d")}garbage\r\n\r\n`);
  await vi.waitFor(() => expect(broker.received).toHaveLength(before + 1));
  broker.release(202);
  const answer = await connection.answer();
  expect([answer.status, answer.headers.connection]).toEqual([202, "close"]);
  expect(await connection.ended()).toBe("");
});

it("at loopback listens in both families and nowhere else, and answers what either has taken before it stops", async () => {
  const local = await openFunctionHost(compose, { K_SINK: broker.url, PULSE_LISTEN_ADDRESS: "localhost" });
  const listening = (hosts: string[]) => Promise.all(hosts.map((name) => takesConnections(name, local.port)));
  expect(await listening(["127.0.0.1", "::1", "127.0.0.3"])).toEqual([true, true, false]);
  broker.answer = () => "hang";
  const before = broker.received.length;
  const body = JSON.stringify({ service_name: "checkout", latency_ms: 12.5, status: "ok" });
  const headers = { "content-type": "application/json" };
  const answer = fetch(`http://[::1]:${local.port}/pulse`, { method: "POST", headers, body });
  await vi.waitFor(() => expect(broker.received).toHaveLength(before + 1));
  const stopped = local.stop();
  await vi.waitFor(async () => expect(await listening(["127.0.0.1", "::1"])).toEqual([false, false]));
  broker.release(202);
  expect((await answer).status).toBe(202);
  expect(await stopped).toBe(0);
});
