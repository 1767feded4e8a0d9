import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { describe, expect, it, vi } from "vitest";
import { ask, host, openQuery, openStore, pulseOf, put, START } from "../testing/query-function.ts";

/** Listens to a live stream, and gathers its text. */
async function listenTo(path: string) {
  const listener = request(`${host.url}${path}`).end();
  listener.on("error", () => undefined);
  const [response] = (await once(listener, "response")) as [IncomingMessage];
  const stream = { headers: response.headers, text: "", close: () => listener.destroy() };
  response.on("data", (chunk: Buffer) => {
    stream.text += chunk;
  });
  response.on("error", () => undefined);
  return stream;
}

describe("GET /services/{service}/live", () => {
  it("begins with the service and its newest pulses, and goes on with each new one", async () => {
    await put(...Array.from({ length: 60 }, (_, i) => pulseOf({ service_name: "watched", event_time: START + i })));
    const stream = await listenTo("/services/watched/live");
    await vi.waitFor(() => expect(stream.text).toContain('event: ready\ndata: {"pulses":50}\n'));
    expect(stream.text.match(/event: service\n/g)).toHaveLength(1);
    expect(stream.text.match(/event: pulse\n/g)).toHaveLength(50);
    const before = stream.text.length;
    const pair = ["ok", "down"].map((status, i) =>
      pulseOf({ service_name: "watched", status, event_time: START + 70 + i, id: `live-${i}` }),
    );
    await put(...pair, pulseOf({ service_name: "another" }));
    await vi.waitFor(() => {
      const after = stream.text.slice(before);
      expect(after.match(/"id":"live-[01]"/g)).toHaveLength(2);
      expect(after).toMatch(/event: service\ndata: \{"service_name":"watched","health":"down"/);
    });
    stream.close();
  });
});

describe("GET /live", () => {
  it("streams a pulse soon after it was stored", async () => {
    const stream = await listenTo("/live");
    expect(stream.headers).toMatchObject({ "content-type": "text/event-stream", "cache-control": "no-store" });
    await vi.waitFor(() => expect(stream.text).toContain("event: ready\n"));
    expect(stream.text).not.toContain('"live-one"');
    await put(pulseOf({ service_name: "live-one", status: "down" }));
    await vi.waitFor(() =>
      expect(stream.text).toMatch(/event: pulse\ndata: \{"service_name":"live-one","health":"down".*\n\n/),
    );
    stream.close();
  });

  it("answers HEAD at once", async () => {
    const response = await fetch(`${host.url}/live`, { method: "HEAD" });
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
  });

  it("refuses parameters", async () => {
    expect((await ask("/live?service=a")).status).toBe(400);
  });
});

describe("pulse-query", () => {
  it("ends its live streams when it stops, and begins no other", async () => {
    const { fn, host: ownHost } = await openQuery({ store: openStore() });
    const response = await fetch(`${ownHost.url}/live`);
    fn.onDrain?.();
    expect(await response.text()).toMatch(/^retry: /);
    const refused = await fetch(`${ownHost.url}/live`);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "2"]);
    await refused.body?.cancel();
    await ownHost.close();
  });
});
