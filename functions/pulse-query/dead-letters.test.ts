import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { HttpRequest, Route } from "../../http/route.ts";
import { openRawConnection, rawRequest } from "../../http/testing/raw-connection.ts";
import { freePort } from "../../settings/tcp-ports.ts";
import { type FunctionHost, openFunctionHost } from "../testing/function-host.ts";
import { OPEN_DOORS } from "../testing/open-doors.ts";
import { deadLetterRoutes } from "./dead-letters.ts";

const ID = "0a1b2c3d4e5f0a1b2c3d4e5f";
const GONE_ID = "000000000000000000000000";

const JSON_TYPE = { "content-type": "application/json" };
const PROBLEM_TYPE = { "content-type": "application/problem+json" };

/** Stands in for pulse-deadletter, and records what it is asked. test/page/page.test.ts asks the real one. */
let answerNext: { status: number; headers: Record<string, string>; body: string } | undefined;
const asked: string[] = [];
let headersAsked: IncomingMessage["headers"] = {};
const peer = createServer(async (request: IncomingMessage, response) => {
  // A client that went away expects no answer.
  const body = await text(request).catch(() => undefined);
  if (body === undefined) return;
  headersAsked = request.headers;
  asked.push(`${request.method} ${request.url} ${request.headers["content-type"] ?? "-"} ${body}`.trim());
  if (request.url?.includes("slow")) return;
  const isGone = request.url?.includes(GONE_ID);
  const usual = { status: isGone ? 404 : 202, headers: isGone ? PROBLEM_TYPE : JSON_TYPE, body: '{"replayed":1}' };
  const { status, headers, body: answered } = answerNext ?? usual;
  answerNext = undefined;
  response.writeHead(status, { ...headers, "set-cookie": "a=b" }).end(answered);
});
let host: FunctionHost;

const peerUrl = () => new URL(`http://127.0.0.1:${(peer.address() as AddressInfo).port}`);

async function open(url: URL | undefined, timeoutMs = 5000): Promise<FunctionHost> {
  const routes = deadLetterRoutes({ url, doors: OPEN_DOORS, userHeader: "x-user", timeoutMs });
  const nothing = async () => undefined;
  return openFunctionHost(() => ({ name: "pulse-query", routes, check: nothing, close: nothing }));
}

beforeAll(async () => {
  peer.listen(0, "127.0.0.1");
  await once(peer, "listening");
  host = await open(peerUrl());
});
afterAll(async () => {
  await host.close();
  peer.closeAllConnections();
  peer.close();
});

const replay = (headers: Record<string, string>, id = ID) =>
  fetch(`${host.url}/dead-letters/${id}/replay`, { method: "POST", headers });

describe("the routes to pulse-deadletter", () => {
  it("forward a list's query, and return the answer without its cookies", async () => {
    const response = await fetch(`${host.url}/dead-letters?service=a%2Fb&limit=5`);
    expect(asked.at(-1)).toBe("GET /dead-letters?service=a%2Fb&limit=5 -");
    expect([response.status, await response.json()]).toEqual([202, { replayed: 1 }]);
    expect([response.headers.get("set-cookie"), response.headers.get("cache-control")]).toEqual([null, "no-store"]);
  });

  it("forward a replay with the corrected data, and return its refusal", async () => {
    const body = '{"service_name":"a"}';
    const headers = { "content-type": "application/json" };
    await fetch(`${host.url}/dead-letters/${ID}/replay?again=true`, { method: "POST", headers, body });
    expect(asked.at(-1)).toBe(`POST /dead-letters/${ID}/replay?again=true application/json ${body}`);
    expect((await replay({}, GONE_ID)).status).toBe(404);
  });

  it.each(["%2e", "%2E%2e", "%2e%2Fx", "..%2F..%2Fmetrics%3Fa%23b", "a1", ID.toUpperCase(), `${ID}0`])(
    "lead nowhere for %s, which is no id",
    async (id) => {
      const before = asked.length;
      // Not by fetch, which leaves dots out.
      for (const line of [`POST /dead-letters/${id}/replay`, `GET /dead-letters/${id}`]) {
        const connection = await openRawConnection(host.port);
        connection.send(rawRequest(line, { connection: "close" }));
        expect((await connection.answer()).status).toBe(404);
        connection.socket.destroy();
      }
      expect(asked).toHaveLength(before);
    },
  );

  it("refuse a replay that another site's page asks for", async () => {
    const before = asked.length;
    expect((await replay({ "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect(asked).toHaveLength(before);
    expect((await replay({ "sec-fetch-site": "same-origin" })).status).toBe(202);
  });

  it("pass on the reader's token and the name that a proxy gives, and nothing else", async () => {
    await replay({ authorization: "Bearer t", "x-user": "ada", "x-other": "b", cookie: "a=b" });
    expect(headersAsked).toMatchObject({ authorization: "Bearer t", "x-user": "ada" });
    expect(headersAsked).not.toHaveProperty("x-other");
    expect(headersAsked).not.toHaveProperty("cookie");
  });

  it.each(["%E2%82%AC", "a%0Ab", "a%20b"])("leave out a cookie that can be no token: %s", async (value) => {
    expect((await fetch(`${host.url}/dead-letters`, { headers: { cookie: "pulsemesh_token=t%2Bt" } })).status).toBe(
      202,
    );
    expect(headersAsked.authorization).toBe("Bearer t+t");
    const response = await fetch(`${host.url}/dead-letters`, { headers: { cookie: `pulsemesh_token=${value}` } });
    expect([response.status, headersAsked.authorization]).toEqual([202, undefined]);
  });

  it("call a header that cannot be sent a defect, and not pulse-deadletter away", async () => {
    const routes = deadLetterRoutes({ url: peerUrl(), doors: OPEN_DOORS, userHeader: "x-user" });
    const count = routes.find(({ path }) => path === "/dead-letters/count") as Route;
    // Node's parser lets no such header in.
    const headers = { "x-user": "€" };
    const request = { parameters: {}, headers, body: Buffer.alloc(0), query: new URLSearchParams() };
    await expect(count.handle(request as unknown as HttpRequest)).rejects.toThrow(TypeError);
  });

  it.each([
    ["a gateway that has nobody to ask", 502, { "content-type": "text/html" }, "<h1>Bad gateway</h1>"],
    ["a gateway that waited", 504, { "content-type": "text/plain" }, "upstream request timeout"],
    ["a gateway's 503, which names no time", 503, { "content-type": "text/plain" }, "no healthy upstream"],
    ["a gateway's refusal", 403, { "content-type": "text/plain" }, "RBAC: access denied"],
    ["another server", 200, { "content-type": "text/html" }, "<h1>Welcome</h1>"],
    ["a server without types", 200, {}, "{}"],
    ["a defect of pulse-deadletter", 500, PROBLEM_TYPE, '{"status":500}'],
  ])("answer 503 for %s, and the log has the status", async (_, status, headers, body) => {
    answerNext = { status, headers, body };
    // Ten refusals a second have a line.
    const own = await open(peerUrl());
    const response = await fetch(`${own.url}/dead-letters/count`);
    expect([response.status, response.headers.get("retry-after"), response.headers.get("content-type")]).toEqual([
      503,
      "2",
      "application/problem+json",
    ]);
    expect(await response.json()).toMatchObject({ status: 503, detail: "pulse-deadletter did not answer." });
    const message = expect.stringContaining(`got ${status} `);
    expect(own.lines).toEqual([expect.objectContaining({ err: expect.objectContaining({ message }) })]);
    await own.close();
  });

  it.each([
    ["that it is busy", 503, "1"],
    ["that the broker refuses", 422, null],
  ])("return what pulse-deadletter says %s", async (_, status, retryAfter) => {
    const body = JSON.stringify({ status, detail: "Not replayed." });
    answerNext = { status, headers: { ...PROBLEM_TYPE, ...(retryAfter && { "retry-after": retryAfter }) }, body };
    const response = await replay({});
    expect([response.status, response.headers.get("retry-after"), await response.text()]).toEqual([
      status,
      retryAfter,
      body,
    ]);
  });

  it("count them, and show one", async () => {
    await fetch(`${host.url}/dead-letters/count`);
    await fetch(`${host.url}/dead-letters/${ID}`);
    expect(asked.slice(-2)).toEqual(["GET /dead-letters/count -", `GET /dead-letters/${ID} -`]);
  });

  it("read four at one time: a newcomer gets a place of the client that holds all", async () => {
    const before = asked.length;
    const ask = async (from: string) => {
      const connection = await openRawConnection(host.port, from);
      connection.send(rawRequest("GET /dead-letters?service=slow"));
      return connection;
    };
    const greedy = await Promise.all(Array.from({ length: 4 }, () => ask("127.0.0.1")));
    await vi.waitFor(() => expect(asked).toHaveLength(before + 4));
    const polite = await ask("127.0.0.2");
    await vi.waitFor(() => expect(asked).toHaveLength(before + 5));
    const first = await Promise.race(greedy.map((connection) => connection.answer()));
    expect(first.json()).toMatchObject({ status: 503, detail: "No more dead letters can be read at this moment." });
    for (const { socket } of [...greedy, polite]) socket.destroy();
  });

  it("have one line in the log while pulse-deadletter is away, a refusal's, without what the client sent", async () => {
    const away = await open(new URL(`http://127.0.0.1:${await freePort()}`));
    await fetch(`${away.url}/dead-letters?service=a-secret`, { headers: { authorization: "Bearer hidden" } });
    const err = expect.objectContaining({ message: expect.stringContaining("ECONNREFUSED") });
    const line = { msg: "request refused", status: 503, detail: "pulse-deadletter did not answer.", err };
    expect(away.lines).toEqual([expect.objectContaining({ ...line, path: "/dead-letters" })]);
    expect(JSON.stringify(away.lines)).not.toMatch(/a-secret|hidden/);
    await away.close();
  });

  it("answer 503 while pulse-deadletter does not answer, and 404 without its URL", async () => {
    const slow = await open(new URL("/slow", peerUrl()), 50);
    expect((await fetch(`${slow.url}/dead-letters`)).status).toBe(503);
    await slow.close();
    const unset = await open(undefined);
    const response = await fetch(`${unset.url}/dead-letters`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ detail: expect.stringContaining("PULSE_DEADLETTER_URL") });
    await unset.close();
  });
});
