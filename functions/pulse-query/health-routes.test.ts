import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { HealthRun } from "../../events/health-run.ts";
import { parseServices } from "../../health/services-file.ts";
import { doorSettings } from "../../settings/door-settings.ts";
import { readSettings } from "../../settings/read.ts";
import { createLogger } from "../log.ts";
import type { FunctionHost } from "../testing/function-host.ts";
import { openQuery, openStore, pulseOf } from "../testing/query-function.ts";
import { fileOf } from "../testing/token-files.ts";
import { openDoors } from "../tokens/doors.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Noon of a day, in UTC; it is judged until two o'clock. */
const NOON = Date.UTC(2026, 9, 24, 12);
const NOW = NOON + 2 * HOUR + 13_000;
const at = (minutes: number) => new Date(NOON + minutes * MINUTE).toISOString();

/** Runs that begin at some minutes after noon. */
function runsOf(...runs: [minute: number, health: HealthRun["health"], cause?: string][]): HealthRun[] {
  return runs.map(([minute, health, cause = "the newest pulse was well"]) => {
    const since = NOON + minute * MINUTE;
    return { since, health, confirmedAt: since + 10_000, cause };
  });
}

const RUNS: Record<string, HealthRun[]> = {
  api: runsOf(
    [-60, "up"],
    [0, "degraded", "2 of 20 pulses said slow"],
    [10, "down", '9 of 10 said "a, b"'],
    [40, "up"],
  ),
  db: runsOf([-90, "up"], [90, "late", "no pulse for 4 min, where one usually comes within 1 min"]),
  old: runsOf([-90, "down", "2 of 3 pulses said 503"]),
  flaps: runsOf(
    [-90, "up"],
    ...[0, 9, 18, 27, 36, 45].map((minute, i): [number, HealthRun["health"]] => [minute, i % 2 ? "up" : "down"]),
  ),
};

let host: FunctionHost;

beforeAll(async () => {
  const store = openStore();
  await store.write(Object.keys(RUNS).map((service) => pulseOf({ service_name: service, event_time: Date.now() })));
  const basis = await store.health.begin();
  const span = { from: 0, to: Number.POSITIVE_INFINITY };
  await store.health.keep(
    Object.entries(RUNS).map(([service, runs]) => ({ service, runs: { span, runs } })),
    basis,
  );
  await store.health.noteJudged(NOON + 2 * HOUR);
  const settings = parseServices(
    `- { services: old, retired: true }
- services: api
  owner: shop
  link: https://wiki.example/api
  maintenance: [{ from: "${at(20)}", to: "${at(30)}" }]`,
    { file: "services.yaml", variable: "PULSE_SERVICES_FILE" },
  );
  const doors = openDoors(
    { ...readSettings(doorSettings, {}), readTokensFile: fileOf("all\nsome d*\n") },
    createLogger("silent", "pulse-query"),
  );
  ({ host } = await openQuery({ store, doors, settings: () => settings, now: () => NOW }));
  return () => host.close();
});

async function ask(path: string, { accept = "application/json", token = "all" } = {}) {
  const response = await fetch(`${host.url}${path}`, { headers: { accept, authorization: `Bearer ${token}` } });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") === true && !accept.includes("ndjson");
  return {
    status: response.status,
    type: response.headers.get("content-type"),
    text,
    body: isJson ? JSON.parse(text) : undefined,
  };
}

describe("GET /services/{service}/history", () => {
  it("has the runs of a span, newest first, with maintenance", async () => {
    const { body } = await ask(`/services/api/history?from=${at(5)}&to=${at(60)}`);
    expect(body).toEqual({
      service_name: "api",
      from: at(5),
      to: at(60),
      judged_until: at(120),
      runs: [
        { health: "up", since: at(40), until: null, confirmed_at: at(40 + 1 / 6), cause: "the newest pulse was well" },
        { health: "down", since: at(10), until: at(40), confirmed_at: at(10 + 1 / 6), cause: '9 of 10 said "a, b"' },
        { health: "degraded", since: at(0), until: at(10), confirmed_at: at(1 / 6), cause: "2 of 20 pulses said slow" },
      ],
      is_cut: false,
      maintenance: [{ from: at(20), to: at(30) }],
      flapping: [],
    });
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
    expect(
      lines.text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).health),
    ).toEqual(["down", "degraded"]);
  });

  it("knows nothing of a service without runs", async () => {
    expect((await ask("/services/nobody/history")).body).toMatchObject({ runs: [], judged_until: at(120) });
  });
});

describe("GET /services/{service}/uptime", () => {
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

describe("badges", () => {
  const badge = async (query: string) => (await ask(`/services/db/badge.json?${query}`)).body;

  it("show the uptime of a window, which is cut and not rounded", async () => {
    expect(await badge("show=uptime&window=1h&v=2")).toMatchObject({
      label: "db uptime 1h",
      message: "50%",
      color: "#b3261e",
    });
    expect(await badge("show=uptime&window=2d")).toMatchObject({ label: "db uptime 2d", message: "85.71%" });
    expect((await ask("/services/nobody/badge.json?show=uptime")).body).toMatchObject({ message: "unknown" });
  });

  it("show the p95 of a window", async () => {
    const own = openStore();
    const time = Date.now() - 90 * MINUTE;
    await own.write([1, 2, 12.345].map((latency_ms) => pulseOf({ service_name: "db", event_time: time, latency_ms })));
    const { host: present } = await openQuery({ store: own });
    onTestFinished(() => present.close());
    const message = async (window: string) => {
      const answer = await fetch(`${present.url}/services/db/badge.json?show=p95&window=${window}`);
      return ((await answer.json()) as { message: string }).message;
    };
    expect([await message("24h"), await message("1h")]).toEqual(["12.3 ms", "unknown"]);
    const svg = await (await fetch(`${present.url}/services/db/badge.svg?show=p95`)).text();
    expect(svg).toContain("<title>db p95 30d: 12.3 ms</title>");
  });

  it.each(["show=everything", "window=0d", "window=500d", "window=30"])("refuse %s", async (query) => {
    expect((await ask(`/services/db/badge.svg?${query}`)).status).toBe(400);
  });
});

describe("GET /incidents", () => {
  it("has those of all services that are not retired, newest first, with owner and link", async () => {
    const { body } = await ask(`/incidents?from=${at(-10)}&to=${at(100)}`);
    expect(body).toMatchObject({ judged_until: at(120), is_cut: false });
    expect(body.incidents.map((one: { service_name: string; since: string }) => [one.service_name, one.since])).toEqual(
      [
        ["db", at(90)],
        ["flaps", at(36)],
        ["api", at(30)],
        ["flaps", at(18)],
        ["api", at(0)],
        ["flaps", at(0)],
      ],
    );
    expect(body.incidents[4]).toEqual({
      service_name: "api",
      health: "down",
      since: at(0),
      until: at(20),
      cause: '9 of 10 said "a, b"',
      owner: "shop",
      link: "https://wiki.example/api",
    });
  });

  it("has those that last alone", async () => {
    const { body } = await ask("/incidents?state=open");
    expect(body.incidents).toMatchObject([{ service_name: "db", health: "late", since: at(90), until: null }]);
  });

  it("shows those that a token is for, and no more than asked", async () => {
    const { body } = await ask("/incidents?limit=1", { token: "some" });
    expect(body).toMatchObject({ incidents: [{ service_name: "db" }], is_cut: false });
    expect((await ask("/incidents?limit=1")).body).toMatchObject({ incidents: [{ service_name: "db" }], is_cut: true });
    expect((await ask("/services/api/history", { token: "some" })).status).toBe(403);
  });

  it("is CSV where that is asked for", async () => {
    const { text } = await ask("/incidents?state=open", { accept: "text/csv" });
    expect(text).toBe(
      `service_name,health,since,until,cause,owner,link\ndb,late,${at(90)},,"no pulse for 4 min, where one usually comes within 1 min",,\n`,
    );
  });
});
