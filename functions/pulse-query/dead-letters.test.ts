import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openRawConnection, rawRequest } from "../../http/testing/raw-connection.ts";
import { type FunctionHost, openFunctionHost } from "../testing/function-host.ts";
import { OPEN_DOORS } from "../testing/open-doors.ts";
import { deadLetterRoutes } from "./dead-letters.ts";

const ID = "0a1b2c3d4e5f0a1b2c3d4e5f";
const GONE_ID = "000000000000000000000000";

/** Stands in for pulse-deadletter, and records what it is asked. test/page/page.test.ts asks the real one. */
const asked: string[] = [];
let headersAsked: IncomingMessage["headers"] = {};
const peer = createServer(async (request: IncomingMessage, response) => {
  // A client that went away expects no answer.
  const body = await text(request).catch(() => undefined);
  if (body === undefined) return;
  headersAsked = request.headers;
  asked.push(`${request.method} ${request.url} ${request.headers["content-type"] ?? "-"} ${body}`.trim());
  if (request.url?.includes("slow")) return;
  response.writeHead(request.url?.includes(GONE_ID) ? 404 : 202, {
    "content-type": "application/json",
    "set-cookie": "a=b",
  });
  response.end('{"replayed":1}');
});
let host: FunctionHost;

async function open(url: URL | undefined, timeoutMs = 5000): Promise<FunctionHost> {
  const routes = deadLetterRoutes({ url, doors: OPEN_DOORS, userHeader: "x-user", timeoutMs });
  const nothing = async () => undefined;
  return openFunctionHost(() => ({ name: "pulse-query", routes, check: nothing, close: nothing }));
}

beforeAll(async () => {
  peer.listen(0, "127.0.0.1");
  await once(peer, "listening");
  host = await open(new URL(`http://127.0.0.1:${(peer.address() as { port: number }).port}`));
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

  it("answer 503 while pulse-deadletter does not answer, and 404 without its URL", async () => {
    const port = (peer.address() as { port: number }).port;
    const slow = await open(new URL(`http://127.0.0.1:${port}/slow`), 50);
    expect((await fetch(`${slow.url}/dead-letters`)).status).toBe(503);
    await slow.close();
    const unset = await open(undefined);
    const response = await fetch(`${unset.url}/dead-letters`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ detail: expect.stringContaining("PULSE_DEADLETTER_URL") });
    await unset.close();
  });
});
