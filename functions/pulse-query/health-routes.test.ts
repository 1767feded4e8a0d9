import { describe, expect, it } from "vitest";
import { ask, at, linesOf, servePast } from "../testing/past-health.ts";

servePast();

describe("GET /services/{service}/history", () => {
  it("has the runs of a span, newest first, with maintenance", async () => {
    const { body } = await ask(`/services/api/history?from=${at(5)}&to=${at(60)}`);
    expect(body).toEqual({
      service_name: "api",
      from: at(5),
      to: at(60),
      // The retention, where no longer history is set.
      kept_from: at(120 - 30 * 1440 + 13 / 60),
      judged_until: at(120),
      runs: [
        { health: "up", since: at(40), until: null, confirmed_at: at(40 + 1 / 6), cause: "one pulse was well" },
        { health: "down", since: at(10), until: at(40), confirmed_at: at(10 + 1 / 6), cause: '9 of 10 said "a, b"' },
        { health: "degraded", since: at(0), until: at(10), confirmed_at: at(1 / 6), cause: "2 of 20 pulses said slow" },
      ],
      is_cut: false,
      maintenance: [{ from: at(20), to: at(30), reason: "a new disk" }],
      flapping: [],
    });
  });

  it("may be of a span that is not kept, up to 92 days, and says from when on it is", async () => {
    const span = `from=${at(120 - 90 * 1440)}&to=${at(60)}`;
    const { body } = await ask(`/services/api/history?${span}`);
    expect([body.from, body.kept_from]).toEqual([at(120 - 90 * 1440), at(120 - 30 * 1440 + 13 / 60)]);
    expect((await ask(`/services/api/history?from=${at(120 - 93 * 1440)}&to=${at(60)}`)).status).toBe(400);
  });

  it("says when the service flapped, and when there is more than was asked for", async () => {
    const { body } = await ask("/services/flaps/history?limit=1");
    expect(body).toMatchObject({
      is_cut: true,
      runs: [{ since: at(45) }],
      flapping: [{ from: at(36 + 1 / 6), to: at(69 + 1 / 6) }],
    });
  });

  it("is CSV or lines of JSON where these are asked for", async () => {
    const path = `/services/api/history?from=${at(5)}&to=${at(30)}`;
    const csv = await ask(path, { accept: "text/csv" });
    expect(csv.type).toBe("text/csv; charset=utf-8; header=present");
    expect(csv.text.split("\n")).toEqual([
      "health,since,until,confirmed_at,cause",
      `down,${at(10)},${at(40)},${at(10 + 1 / 6)},"9 of 10 said ""a, b"""`,
      `degraded,${at(0)},${at(10)},${at(1 / 6)},2 of 20 pulses said slow`,
      "",
    ]);
    const lines = await ask(path, { accept: "application/x-ndjson" });
    expect(linesOf(lines.text)).toMatchObject([{ health: "down" }, { health: "degraded" }]);
  });

  it("knows nothing of a service without runs", async () => {
    expect((await ask("/services/nobody/history")).body).toMatchObject({ runs: [], judged_until: at(120) });
  });
});

describe("GET /services/{service}/uptime", () => {
  it("is lines of JSON where these are asked for: one, or one of each part", async () => {
    const path = `/services/api/uptime?from=${at(-60)}&to=${at(60)}`;
    const lines = async (query: string) => linesOf((await ask(path + query, { accept: "application/x-ndjson" })).text);
    const { body } = await ask(`${path}&by=day&tz=Asia/Kolkata`);
    const { service_name: _, judged_until: __, parts, ...whole } = body;
    expect(await lines("")).toEqual([whole]);
    expect(await lines("&by=day&tz=Asia/Kolkata")).toEqual(parts);
    expect(parts.length).toBeGreaterThan(0);
  });

  it("is the share of the time that is known, outside of maintenance", async () => {
    const { body } = await ask(`/services/api/uptime?from=${at(-120)}&to=${at(60)}`);
    expect(body).toMatchObject({ uptime: 90 / 110, coverage: 110 / 170, parts: [] });
    expect(body).toMatchObject({
      up_s: 4800,
      degraded_s: 600,
      down_s: 1200,
      late_s: 0,
      unknown_s: 3600,
      maintenance_s: 600,
    });
  });

  it("ends with what is judged, where that is a moment ago", async () => {
    const { body } = await ask(`/services/db/uptime?from=${at(60)}`);
    expect(body).toMatchObject({ to: at(120), uptime: 0.5, coverage: 1, up_s: 1800, late_s: 1800 });
  });

  it("of a month and its days is that of the time zone", async () => {
    const { body } = await ask("/services/db/uptime?month=2026-10&by=day&tz=Europe/Berlin");
    expect(body.from).toBe("2026-09-30T22:00:00.000Z");
    expect(body.parts).toHaveLength(24);
    expect(body.parts.at(-1)).toMatchObject({ from: "2026-10-23T22:00:00.000Z", to: at(120), down_s: 0 });
    expect(body.parts[0]).toMatchObject({ uptime: null, coverage: 0, unknown_s: 86_400 });
    const csv = await ask("/services/db/uptime?month=2026-10&by=day", { accept: "text/csv" });
    expect(csv.text.split("\n")).toHaveLength(26);
    expect(csv.text).toMatch(
      /^from,to,uptime,coverage,up_s,.*\n2026-10-01T00:00:00.000Z,2026-10-02T00:00:00.000Z,,0,0,/,
    );
  });

  it.each([
    ["month=2026-13", "/query/month"],
    ["month=2026-10&from=2026-10-01T00:00:00Z", "/query/month"],
    ["tz=Mars/Base", "/query/tz"],
    ["by=week", "/query/by"],
  ])("refuses %s", async (query, pointer) => {
    const { status, body } = await ask(`/services/db/uptime?${query}`);
    expect([status, body.errors[0].pointer]).toEqual([400, pointer]);
  });
});
