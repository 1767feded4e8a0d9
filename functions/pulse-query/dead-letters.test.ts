import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FunctionHost, openFunctionHost } from "../testing/function-host.ts";
import { deadLetterRoutes } from "./dead-letters.ts";

/** What stands for pulse-deadletter: it tells what it was asked. The whole way is walked in test/page/page.test.ts. */
const asked: string[] = [];
const peer = createServer(async (request: IncomingMessage, response) => {
  // A client that goes away in the middle has nothing to be told.
  const body = await text(request).catch(() => undefined);
  if (body === undefined) return;
  asked.push(`${request.method} ${request.url} ${request.headers["content-type"] ?? "-"} ${body}`.trim());
  if (request.url?.includes("slow")) return;
  response.writeHead(request.url?.includes("gone") ? 404 : 202, {
    "content-type": "application/json",
    "set-cookie": "a=b",
  });
  response.end('{"replayed":1}');
});
let host: FunctionHost;

async function open(url: URL | undefined, timeoutMs = 5000): Promise<FunctionHost> {
  const routes = deadLetterRoutes({ url, timeoutMs });
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

const replay = (headers: Record<string, string>, id = "a1") =>
  fetch(`${host.url}/dead-letters/${id}/replay`, { method: "POST", headers });

describe("the way to pulse-deadletter", () => {
  it("passes a list's query on and gives the answer back, without its cookies", async () => {
    const response = await fetch(`${host.url}/dead-letters?service=a%2Fb&limit=5`);
    expect(asked.at(-1)).toBe("GET /dead-letters?service=a%2Fb&limit=5 -");
    expect([response.status, await response.json()]).toEqual([202, { replayed: 1 }]);
    expect([response.headers.get("set-cookie"), response.headers.get("cache-control")]).toEqual([null, "no-store"]);
  });

  it("passes a replay on with the data that was put right, and its refusal back", async () => {
    const body = '{"service_name":"a"}';
    await fetch(`${host.url}/dead-letters/a1/replay?again=true`, { method: "POST", body });
    expect(asked.at(-1)).toBe(`POST /dead-letters/a1/replay?again=true application/json ${body}`);
    expect((await replay({}, "gone")).status).toBe(404);
  });

  it("leads nowhere else, whatever the id", async () => {
    await replay({}, encodeURIComponent("../../metrics?a#b"));
    expect(asked.at(-1)).toMatch(/^POST \/dead-letters\/..%2F..%2Fmetrics%3Fa%23b\/replay/);
  });

  it.each([
    ["a page of another site", { "sec-fetch-site": "cross-site" }],
    ["a page of a sibling's host", { "sec-fetch-site": "same-site" }],
    ["a link that was typed", { "sec-fetch-site": "none" }],
    ["an older browser on another site", { origin: "http://evil.example" }],
    ["an older browser in a sandbox", { origin: "null" }],
  ])("refuses to replay for %s", async (_, headers) => {
    const before = asked.length;
    expect((await replay(headers)).status).toBe(403);
    expect(asked).toHaveLength(before);
  });

  it("replays for the page itself, in a newer and in an older browser", async () => {
    expect((await replay({ "sec-fetch-site": "same-origin" })).status).toBe(202);
    expect((await replay({ origin: host.url })).status).toBe(202);
  });

  it("says when pulse-deadletter does not answer, and when nobody said where it is", async () => {
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
