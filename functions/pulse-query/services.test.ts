import { describe, expect, it } from "vitest";
import type { Pulse } from "../../events/pulse.ts";
import { ask, forget, host, pulseOf, put, START } from "../testing/query-function.ts";

describe("GET /services", () => {
  it("shows the newest pulse of every service, sorted by name", async () => {
    await put(
      pulseOf({ service_name: "list/b", status: "503", metadata: { region: "eu" }, event_time: START + 1 }),
      pulseOf({ service_name: "list/a", latency_ms: 3 }),
      pulseOf({ service_name: "list/b", status: "ok" }),
    );
    const { status, headers, body } = await ask("/services");
    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe("application/json");
    expect(body.judged_until).toBeNull();
    const shown = body.services.filter((service: Pulse) => service.service_name.startsWith("list/"));
    const time = new Date(START).toISOString();
    expect(shown).toEqual([
      {
        service_name: "list/a",
        health: "up",
        since: null,
        cause: "",
        in_maintenance: false,
        last_seen: time,
        event_time: time,
        latency_ms: 3,
        status: "ok",
      },
      {
        service_name: "list/b",
        health: "down",
        since: null,
        cause: "",
        in_maintenance: false,
        last_seen: new Date(START + 1).toISOString(),
        event_time: new Date(START + 1).toISOString(),
        latency_ms: 12.5,
        status: "503",
        metadata: { region: "eu" },
      },
    ]);
  });

  it("answers 304 to a client that has the list, until something changes", async () => {
    await put(pulseOf({ service_name: "tagged" }));
    const first = await ask("/services");
    const etag = first.headers.get("etag") ?? "";
    expect(etag).toMatch(/^W\/"/);
    for (const tags of [etag, etag.replace("W/", ""), `"other", ${etag}`, "*"]) {
      const again = await ask("/services", { headers: { "if-none-match": tags } });
      expect([again.status, again.body, again.headers.get("etag")]).toEqual([304, undefined, etag]);
    }
    // A question mark alone asks nothing more.
    expect((await ask("/services?", { headers: { "if-none-match": etag } })).status).toBe(304);
    expect((await ask("/services", { headers: { "if-none-match": '"other"' } })).status).toBe(200);
    await put(pulseOf({ service_name: "tagged", event_time: START + 1 }));
    expect((await ask("/services", { headers: { "if-none-match": etag } })).status).toBe(200);
  });

  it("comes in pages that a cursor leads through, each service once", async () => {
    const names = Array.from({ length: 25 }, (_, i) => `paged/${i + 10}`);
    await put(...names.map((service_name) => pulseOf({ service_name })));
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const { body } = await ask(`/services?limit=4${cursor === undefined ? "" : `&cursor=${cursor}`}`);
      const page = body.services.map((service: Pulse) => service.service_name);
      expect(page).toEqual(page.toSorted());
      expect(page.length).toBe(cursor === undefined || body.cursor !== undefined ? 4 : page.length);
      seen.push(...page);
      cursor = body.cursor;
    } while (cursor !== undefined);
    expect(seen.filter((name) => name.startsWith("paged/"))).toEqual(names);
    expect(new Set(seen).size).toBe(seen.length);
    expect((await ask("/services")).body.cursor).toBeUndefined();
  });

  it.each(["nonsense", "!", Buffer.from("../x").toString("base64url"), ""])(
    "refuses %j as a cursor",
    async (cursor) => {
      const { status, body } = await ask(`/services?cursor=${cursor}`);
      expect([status, body.errors[0].pointer]).toEqual([400, "/query/cursor"]);
    },
  );

  it("are pages of some megabytes, however much metadata there is", async () => {
    const metadata = Object.fromEntries(Array.from({ length: 32 }, (_, i) => [`key-${i}`, "x".repeat(1024)]));
    await put(...Array.from({ length: 200 }, (_, i) => pulseOf({ service_name: `large/${i}`, metadata })));
    const { body } = await ask("/services");
    expect(JSON.stringify(body).length).toBeLessThan(4.2e6);
    expect(body.cursor).toBeDefined();
    const { body: rest } = await ask(`/services?cursor=${body.cursor}`);
    expect(rest.cursor ?? "").not.toBe(body.cursor);
    await forget(...Array.from({ length: 200 }, (_, i) => `large/${i}`));
  });

  it("streams all services as lines of JSON to a client that asks for lines", async () => {
    await put(pulseOf({ service_name: "line/a" }), pulseOf({ service_name: "line/b" }));
    const answer = await fetch(`${host.url}/services`, { headers: { accept: "application/x-ndjson" } });
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "application/x-ndjson"]);
    const lines = (await answer.text()).split("\n").filter((line) => line !== "");
    expect(lines.map((line) => JSON.parse(line).service_name)).toEqual(expect.arrayContaining(["line/a", "line/b"]));
    const { services } = (await ask("/services")).body;
    expect(lines.map((line) => JSON.parse(line))).toEqual(
      services.map((service: Pulse) => ({ ...service, metadata: service.metadata ?? {} })),
    );
    for (const accept of ["application/ndjson", "text/html, application/JSONL;q=0.5"]) {
      const other = await fetch(`${host.url}/services`, { headers: { accept } });
      expect([other.status, other.headers.get("content-type")]).toEqual([200, "application/x-ndjson"]);
      await other.text();
    }
    const refused = await fetch(`${host.url}/services?limit=1`, { headers: { accept: "application/x-ndjson" } });
    expect(refused.status).toBe(400);
  });

  it("takes an address that no cache has", async () => {
    expect((await ask("/services?_=1767323045678")).status).toBe(200);
  });

  it("says of what is no name of a service that the path is wrong", async () => {
    const { status, body } = await ask("/services/a%20b");
    expect([status, body.detail]).toEqual([400, "1 fault found in the path."]);
    expect(body.errors).toMatchObject([{ pointer: "/service_name" }]);
  });

  it("refuses parameters", async () => {
    const { status, headers, body } = await ask("/services?service=a");
    expect(status).toBe(400);
    expect(headers.get("content-type")).toBe("application/problem+json");
    expect(body.errors).toEqual([
      { pointer: "/query/service", rule: "Expected only limit, cursor", got: "another parameter" },
    ]);
  });
});

describe("GET /services/{service}", () => {
  it("has nothing but the newest pulse of a service that is not judged yet", async () => {
    await put(pulseOf({ service_name: "once" }));
    expect((await ask("/services/once")).body).toMatchObject({
      health: "up",
      since: null,
      confirmed_at: null,
      flapping: false,
      uptime_24h: null,
      coverage_24h: 0,
      usual_period_ms: null,
      late_at: null,
      owner: null,
      link: null,
    });
  });

  it("answers 404 for a service that never pulsed", async () => {
    expect(await ask("/services/nobody")).toMatchObject({ status: 404, body: { title: "Not found" } });
  });
});

describe("GET /services/{service}/badge.json", () => {
  it("has the service's health in the schema of shields.io, whatever is asked besides, and can be polled", async () => {
    await put(pulseOf({ service_name: "badge/data", status: "503" }));
    const url = `${host.url}/services/badge%2Fdata/badge.json?v=1&v=2`;
    const response = await fetch(url);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.json()).toEqual({
      schemaVersion: 1,
      label: "badge/data",
      message: "down",
      color: "#b3261e",
      labelColor: "#30363d",
    });
    const headers = { "if-none-match": response.headers.get("etag") ?? "" };
    expect((await fetch(url, { headers })).status).toBe(304);
    expect((await ask("/services/nobody/badge.json")).body).toMatchObject({ message: "unknown" });
  });
});

describe("GET /services/{service}/badge.svg", () => {
  it("draws the service's health, as an image that can run nothing", async () => {
    await put(pulseOf({ service_name: "badge", status: "503" }));
    const response = await fetch(`${host.url}/services/badge/badge.svg`);
    expect(response.headers.get("content-type")).toBe("image/svg+xml");
    expect(response.headers.get("content-security-policy")).toContain("sandbox");
    expect(await response.text()).toMatch(/^<svg .*<title>badge: down<\/title>.*<\/svg>$/);
    const headers = { "if-none-match": response.headers.get("etag") ?? "" };
    expect((await fetch(`${host.url}/services/badge/badge.svg`, { headers })).status).toBe(304);
  });

  it.each(["v=1", "style=flat&label=health", "_=1", "v=1&v=2"])("is the same picture with ?%s", async (query) => {
    await put(pulseOf({ service_name: "badge", status: "503" }));
    const [bare, asked] = await Promise.all(
      ["", `?${query}`].map((search) => fetch(`${host.url}/services/badge/badge.svg${search}`)),
    );
    expect([asked?.status, await asked?.text()]).toEqual([200, await bare?.text()]);
  });

  it("shows a service that never pulsed as unknown, and repeats no text that is no name", async () => {
    const never = await fetch(`${host.url}/services/never/badge.svg`);
    expect(await never.text()).toContain("never: unknown");
    const response = await fetch(`${host.url}/services/${encodeURIComponent('<script>&"')}/badge.svg`);
    expect(response.status).toBe(400);
    expect(await response.text()).not.toContain("<script");
  });
});
