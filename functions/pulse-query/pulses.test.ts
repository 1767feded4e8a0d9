import { describe, expect, it, vi } from "vitest";
import { ask, host, pulseOf, put, START } from "../testing/query-function.ts";

describe("GET /services/{service}/pulses", () => {
  it("shows pulses with every field and their health, newest first", async () => {
    const metadata = { region: "eu" };
    await put(
      pulseOf({ service_name: "whole", id: "old", event_time: START }),
      pulseOf({ service_name: "whole", id: "new", event_time: START + 1, status: "slow", metadata }),
    );
    const { body, headers } = await ask("/services/whole/pulses");
    expect(headers.get("cache-control")).toBe("no-store");
    const common = { service_name: "whole", latency_ms: 12.5, source: "/test" };
    expect(body).toEqual({
      pulses: [
        {
          ...common,
          id: "new",
          event_time: new Date(START + 1).toISOString(),
          status: "slow",
          health: "degraded",
          metadata,
        },
        { ...common, id: "old", event_time: new Date(START).toISOString(), status: "ok", health: "up" },
      ],
    });
  });

  it("shows the trace context of a pulse that came as a span", async () => {
    const id = "5b8efff798038103d269b633813fc60c:eee19b7ec3c1b173";
    await put(pulseOf({ service_name: "traced", source: "/otlp", id }));
    const traceparent = "00-5b8efff798038103d269b633813fc60c-eee19b7ec3c1b173-01";
    expect((await ask("/services/traced/pulses")).body.pulses).toMatchObject([{ id, traceparent }]);
  });

  it("continues a span page by page with the cursor", async () => {
    await put(...Array.from({ length: 25 }, (_, i) => pulseOf({ service_name: "pages", event_time: START + i })));
    const shown: string[] = [];
    let cursor = "";
    do {
      const query = `from=${START + 2}&to=${new Date(START + 20).toISOString()}&limit=7${cursor}`;
      const { body } = await ask(`/services/pages/pulses?${query}`);
      shown.push(...body.pulses.map((pulse: { event_time: string }) => pulse.event_time));
      cursor = body.cursor === undefined ? "" : `&cursor=${encodeURIComponent(body.cursor)}`;
    } while (cursor !== "");
    expect(shown).toEqual(Array.from({ length: 18 }, (_, i) => new Date(START + 19 - i).toISOString()));
  });

  it("takes any service's name, percent-encoded", async () => {
    await put(pulseOf({ service_name: "shop/eu:cart_1.0" }));
    expect((await ask(`/services/${encodeURIComponent("shop/eu:cart_1.0")}/pulses`)).body.pulses).toHaveLength(1);
  });

  it("is empty for a service that never pulsed", async () => {
    expect(await ask("/services/nobody/pulses")).toMatchObject({ status: 200, body: { pulses: [] } });
  });

  it.each([
    ["limit=0", "/query/limit"],
    ["limit=ten", "/query/limit"],
    ["from=yesterday", "/query/from"],
    ["from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "/query/to"],
    [`from=${Math.floor(START / 1000)}`, "/query/from"],
    [`to=${Math.floor(START / 1000)}`, "/query/to"],
    ["cursor=nonsense", "/query/cursor"],
    ["page=2", "/query/page"],
  ])("refuses %s and points to the fault", async (query, pointer) => {
    const { status, body } = await ask(`/services/any/pulses?${query}`);
    expect(status).toBe(400);
    expect(body).toMatchObject({ title: "Invalid request", status: 400 });
    expect(body.errors).toMatchObject([{ pointer, rule: expect.stringMatching(/^Expected /) }]);
  });

  it("answers HEAD as GET, without a body", async () => {
    const response = await fetch(`${host.url}/services/any/pulses`, { method: "HEAD" });
    expect([response.status, await response.text()]).toEqual([200, ""]);
  });
});

describe("an export", () => {
  const exportOf = (query: string) =>
    fetch(`${host.url}/services/export/pulses?${query}`, { headers: { accept: "application/x-ndjson" } });

  it("is a whole span, a line for each pulse, newest first", async () => {
    await put(...Array.from({ length: 2500 }, (_, i) => pulseOf({ service_name: "export", event_time: START + i })));
    const response = await exportOf(`from=${START + 100}&to=${START + 2400}`);
    expect(response.headers.get("content-type")).toBe("application/x-ndjson");
    const lines = (await response.text()).trimEnd().split("\n");
    expect(lines).toHaveLength(2300);
    const first = JSON.parse(lines[0] as string);
    expect(first).toMatchObject({ event_time: new Date(START + 2399).toISOString(), health: "up" });
    const [onPage] = (await ask(`/services/export/pulses?to=${START + 2400}&limit=1`)).body.pulses;
    expect(first).toEqual({ ...onPage, metadata: {}, traceparent: null });
  });

  it("has all fields in each line: tools infer columns from the first lines", async () => {
    const id = "5b8efff798038103d269b633813fc60c:eee19b7ec3c1b173";
    await put(
      pulseOf({ service_name: "mixed", event_time: START }),
      pulseOf({ service_name: "mixed", event_time: START + 1, metadata: { region: "eu" } }),
      pulseOf({ service_name: "mixed", event_time: START + 2, source: "/otlp", id }),
    );
    const response = await fetch(`${host.url}/services/mixed/pulses`, { headers: { accept: "application/x-ndjson" } });
    const lines = (await response.text()).trimEnd().split("\n");
    const pulses = lines.map((line) => JSON.parse(line));
    const traceparent = "00-5b8efff798038103d269b633813fc60c-eee19b7ec3c1b173-01";
    expect(pulses.map((pulse) => [pulse.traceparent, pulse.metadata])).toEqual([
      [traceparent, {}],
      [null, { region: "eu" }],
      [null, {}],
    ]);
    expect(new Set(pulses.map((pulse) => Object.keys(pulse).sort().join())).size).toBe(1);
  });

  it("of nothing is empty", async () => {
    expect(await (await exportOf(`from=${START - 2}&to=${START - 1}`)).text()).toBe("");
  });

  it("has neither limit nor cursor", async () => {
    const response = await exportOf("limit=10");
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ pointer: "/query/limit" }] });
  });

  it("that a client leaves early makes room for another", async () => {
    for (let i = 0; i < 20; i++) {
      const response = await vi.waitFor(async () => {
        const one = await exportOf("");
        if (one.status !== 200) await one.body?.cancel();
        expect(one.status).toBe(200);
        return one;
      });
      await response.body?.cancel();
    }
  });
});
