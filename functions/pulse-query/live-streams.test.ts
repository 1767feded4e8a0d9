import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { describe, expect, it, vi } from "vitest";
import { openFunctionHost } from "../testing/function-host.ts";
import { DAY, get, host, log, openStore, pulseOf, put, START } from "../testing/query-function.ts";
import { createQuery } from "./handler.ts";

describe("GET /services/{service}/live", () => {
  it("begins with the service and its newest pulses, and goes on with each new one", async () => {
    await put(...Array.from({ length: 60 }, (_, i) => pulseOf({ service_name: "watched", event_time: START + i })));
    const listener = request(`${host.url}/services/watched/live`).end();
    listener.on("error", () => undefined);
    const [response] = (await once(listener, "response")) as [IncomingMessage];
    let text = "";
    response.on("data", (chunk: Buffer) => {
      text += chunk;
    });
    response.on("error", () => undefined);
    await vi.waitFor(() => expect(text).toContain('event: ready\ndata: {"pulses":50}\n'));
    expect(text.match(/event: service\n/g)).toHaveLength(1);
    expect(text.match(/event: pulse\n/g)).toHaveLength(50);
    const before = text.length;
    const pair = ["ok", "down"].map((status, i) =>
      pulseOf({ service_name: "watched", status, event_time: START + 70 + i, id: `live-${i}` }),
    );
    await put(...pair, pulseOf({ service_name: "another" }));
    await vi.waitFor(() => {
      const after = text.slice(before);
      expect(after.match(/"id":"live-[01]"/g)).toHaveLength(2);
      expect(after).toMatch(/event: service\ndata: \{"service_name":"watched","health":"down"/);
    });
    listener.destroy();
  });
});

describe("GET /live", () => {
  it("streams a pulse soon after it was stored", async () => {
    const listener = request(`${host.url}/live`).end();
    listener.on("error", () => undefined);
    const [response] = (await once(listener, "response")) as [IncomingMessage];
    expect(response.headers).toMatchObject({ "content-type": "text/event-stream", "cache-control": "no-store" });
    let text = "";
    response.on("data", (chunk: Buffer) => {
      text += chunk;
    });
    response.on("error", () => undefined);
    await vi.waitFor(() => expect(text).toContain("event: ready\n"));
    expect(text).not.toContain('"live-one"');
    await put(pulseOf({ service_name: "live-one", status: "down" }));
    await vi.waitFor(() =>
      expect(text).toMatch(/event: pulse\ndata: \{"service_name":"live-one","health":"down".*\n\n/),
    );
    listener.destroy();
  });

  it("answers HEAD at once", async () => {
    const response = await fetch(`${host.url}/live`, { method: "HEAD" });
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
  });

  it("refuses parameters", async () => {
    expect((await get("/live?service=a")).status).toBe(400);
  });
});

describe("pulse-query", () => {
  it("ends its live streams when it is told to stop, and lets no new one begin", async () => {
    const own = openStore("own.db");
    const fn = createQuery({ store: own, retentionMs: 30 * DAY, log });
    const ownHost = await openFunctionHost(() => fn);
    const response = await fetch(`${ownHost.url}/live`);
    fn.onDrain?.();
    expect(await response.text()).toMatch(/^retry: /);
    const refused = await fetch(`${ownHost.url}/live`);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "2"]);
    await refused.body?.cancel();
    await ownHost.close();
  });
});
