import { describe, expect, it } from "vitest";
import type { Pulse } from "../../events/pulse.ts";
import { get, host, pulseOf, put, START } from "../testing/query-function.ts";

describe("GET /services", () => {
  it("shows the newest pulse of every service, sorted by name", async () => {
    await put(
      pulseOf({ service_name: "list/b", status: "503", metadata: { region: "eu" }, event_time: START + 1 }),
      pulseOf({ service_name: "list/a", latency_ms: 3 }),
      pulseOf({ service_name: "list/b", status: "ok" }),
    );
    const { status, headers, body } = await get("/services");
    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe("application/json");
    const shown = body.services.filter((service: Pulse) => service.service_name.startsWith("list/"));
    const time = new Date(START).toISOString();
    expect(shown).toEqual([
      { service_name: "list/a", health: "up", last_seen: time, event_time: time, latency_ms: 3, status: "ok" },
      {
        service_name: "list/b",
        health: "down",
        last_seen: new Date(START + 1).toISOString(),
        event_time: new Date(START + 1).toISOString(),
        latency_ms: 12.5,
        status: "503",
        metadata: { region: "eu" },
      },
    ]);
  });

  it("answers 304 to who has it already, until something changes", async () => {
    await put(pulseOf({ service_name: "tagged" }));
    const first = await get("/services");
    const etag = first.headers.get("etag") ?? "";
    expect(etag).toMatch(/^W\/"/);
    for (const tags of [etag, etag.replace("W/", ""), `"other", ${etag}`, "*"]) {
      const again = await get("/services", { headers: { "if-none-match": tags } });
      expect([again.status, again.body, again.headers.get("etag")]).toEqual([304, undefined, etag]);
    }
    expect((await get("/services", { headers: { "if-none-match": '"other"' } })).status).toBe(200);
    await put(pulseOf({ service_name: "tagged", event_time: START + 1 }));
    expect((await get("/services", { headers: { "if-none-match": etag } })).status).toBe(200);
  });

  it("refuses parameters", async () => {
    const { status, headers, body } = await get("/services?service=a");
    expect(status).toBe(400);
    expect(headers.get("content-type")).toBe("application/problem+json");
    expect(body.errors).toEqual([{ pointer: "/query/service", rule: "Expected no parameters", got: "text" }]);
  });
});

describe("GET /services/{service}", () => {
  it("shows a service with its rhythm, and one that has fallen silent as late", async () => {
    const minute = 60_000;
    const newest = Date.now() - 5 * minute;
    await put(
      ...Array.from({ length: 8 }, (_, i) => pulseOf({ service_name: "silent", event_time: newest - i * minute })),
    );
    const { body } = await get("/services/silent");
    expect(body).toMatchObject({
      service_name: "silent",
      health: "late",
      usual_period_ms: minute,
      late_at: new Date(newest + 4 * minute).toISOString(),
    });
    const listed = (await get("/services")).body.services;
    expect(listed).toContainEqual(expect.objectContaining({ service_name: "silent", health: "late" }));
  });

  it("says when nothing is known of its rhythm", async () => {
    await put(pulseOf({ service_name: "once" }));
    expect((await get("/services/once")).body).toMatchObject({ health: "up", usual_period_ms: null, late_at: null });
  });

  it("is not found when it never pulsed", async () => {
    expect(await get("/services/nobody")).toMatchObject({ status: 404, body: { title: "Not found" } });
  });
});

describe("GET /services/{service}/badge.svg", () => {
  it("draws how the service is, as an image that can do nothing", async () => {
    await put(pulseOf({ service_name: "badge", status: "503" }));
    const response = await fetch(`${host.url}/services/badge/badge.svg`);
    expect(response.headers.get("content-type")).toBe("image/svg+xml");
    expect(response.headers.get("content-security-policy")).toContain("sandbox");
    expect(await response.text()).toMatch(/^<svg .*<title>badge: down<\/title>.*<\/svg>$/);
    const headers = { "if-none-match": response.headers.get("etag") ?? "" };
    expect((await fetch(`${host.url}/services/badge/badge.svg`, { headers })).status).toBe(304);
  });

  it("takes a name for text, and one that never pulsed for unknown", async () => {
    const response = await fetch(`${host.url}/services/${encodeURIComponent('<script>&"')}/badge.svg`);
    const svg = await response.text();
    expect(svg).toContain("&lt;script&gt;&amp;&quot;: unknown");
    expect(svg).not.toContain("<script");
  });
});
