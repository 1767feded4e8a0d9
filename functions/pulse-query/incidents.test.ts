import { setImmediate as nextTurn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import type { HealthRun } from "../../events/health-run.ts";
import { ServicesSettings } from "../../health/service-settings.ts";
import type { HealthReader } from "../../storage/health-ports.ts";
import { ask, at, linesOf, servePast } from "../testing/past-health.ts";
import { Incidents } from "./incidents.ts";

servePast();

const EVERY = () => true;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
function usedBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

function incidentsIn(health: Partial<HealthReader>): Incidents {
  const settings = new ServicesSettings();
  return new Incidents({ health: health as HealthReader, settings: () => settings, retentionMs: 86_400_000 });
}

it("a list of incidents takes a turn for each service, and reads no further once it is given up", async () => {
  const NOW = Date.parse(at(120));
  const run: HealthRun = { since: NOW - 60_000, health: "down", confirmedAt: NOW, cause: "" };
  const chunk = Array.from({ length: 1000 }, (_, i) => ({ service: `s${i}`, run, asOf: 0 }));
  let reads = 0;
  const health: Partial<HealthReader> = {
    async *current() {
      for (;;) yield chunk;
    },
    async runs() {
      reads++;
      return [];
    },
    judgedUntil: async () => NOW,
  };
  const incidents = incidentsIn(health);
  const abort = new AbortController();
  let turns = 0;
  const nextTurn = async () => {
    if (++turns === 50) abort.abort();
  };
  const asked = { span: { from: 0, to: NOW }, onlyOpen: false, covers: EVERY, most: 1000 };
  const list = incidents.list(asked, { signal: abort.signal, nextTurn });
  await expect(list).rejects.toThrow("aborted");
  expect(turns).toBe(50);
  expect(reads).toBeLessThan(50);
});

it("a list of incidents reads one long past at one time, and holds the runs of none that it has read", async () => {
  const NOW = Date.parse(at(120));
  /** A service that was well for ten minutes, and flaps since. */
  const runsOf = (count: number) =>
    Array.from({ length: count }, (_, i): HealthRun => {
      const since = NOW - (count - i) * 100_000 - (i === 0 ? 600_000 : 0);
      return { since, health: i % 2 === 0 ? "up" : "down", confirmedAt: since, cause: `of ${since}` };
    });
  const chunk = Array.from({ length: 100 }, (_, i) => {
    return { service: `s${i}`, run: runsOf(2).at(-1) as HealthRun, asOf: 0 };
  });
  let [reads, reading, most] = [0, 0, 0];
  const used: number[] = [];
  const health: Partial<HealthReader> = {
    async *current() {
      yield chunk;
    },
    async runs(_, __, beforeMore) {
      await beforeMore?.();
      most = Math.max(most, ++reading);
      await nextTurn();
      if (++reads === 1 || reads === chunk.length) used.push(usedBytes());
      reading--;
      return runsOf(4000);
    },
    memory: async () => undefined,
    judgedUntil: async () => NOW,
  };
  const incidents = incidentsIn(health);
  const asked = { span: { from: NOW - 60_000, to: NOW }, onlyOpen: false, covers: EVERY, most: 1000 };
  expect(await incidents.list(asked, {})).toHaveLength(100);
  expect(most).toBe(1);
  const [first, last] = used as [number, number];
  expect(last - first).toBeLessThan(5_000_000);
});

describe("of 50,000 incidents of a service", () => {
  const NOW = Date.parse(at(120));
  const PERIOD_MS = 600_000;
  const COUNT = 50_000;
  const since = (i: number) => NOW - (COUNT - i) * PERIOD_MS;
  /** Down for four minutes and up for six, again and again. */
  const flapping = () =>
    Array.from({ length: 2 * COUNT }, (_, i): HealthRun => {
      const from = since(Math.floor(i / 2)) + (i % 2) * 240_000;
      return { since: from, health: i % 2 === 0 ? "down" : "up", confirmedAt: from, cause: `of ${from}` };
    });
  const ownRun: HealthRun = { since: since(0) - 1000, health: "down", confirmedAt: since(0), cause: "own" };
  const used: number[] = [];
  const health: Partial<HealthReader> = {
    async *current() {
      const run: HealthRun = { since: NOW - 360_000, health: "up", confirmedAt: NOW, cause: "" };
      for (const service of ["flaps", "own"]) yield [{ service, run, asOf: 0 }];
    },
    async runs(service, { to }) {
      if (to !== Number.POSITIVE_INFINITY) return [];
      used.push(usedBytes());
      return service === "own" ? [ownRun, { ...ownRun, health: "up", since: since(0) }] : flapping();
    },
    judgedUntil: async () => NOW,
  };
  const asked = { span: { from: 0, to: NOW }, onlyOpen: false, covers: EVERY, most: 1000 };

  it("a list holds no more than an answer may show: the newest", async () => {
    const list = await incidentsIn(health).list(asked, {});
    const newest = Array.from({ length: asked.most }, (_, i) => since(COUNT - 1 - i));
    expect(list.map((one) => Date.parse(one.since))).toEqual(newest);
    const [before, after] = used as [number, number];
    // All of them are some 20 MB.
    expect(after - before).toBeLessThan(5_000_000);
  });

  it("a list for some services has theirs, however many newer ones others have", async () => {
    used.length = 0;
    const list = await incidentsIn(health).list({ ...asked, covers: (service) => service === "own" }, {});
    expect(list).toMatchObject([{ service_name: "own", cause: "own" }]);
    // Nothing was read of the other one.
    expect(used).toHaveLength(1);
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
        ["unseen", at(-5000)],
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

  it("has those that last alone, also those that nobody sees now", async () => {
    const { body } = await ask("/incidents?state=open");
    const until = null;
    expect(body.incidents).toMatchObject([
      { service_name: "db", health: "late", since: at(90), until },
      { service_name: "unseen", health: "down", since: at(-5000), until, cause: "3 of 3 pulses said 503" },
    ]);
  });

  it("shows those that a token is for, and no more than asked", async () => {
    const { body } = await ask("/incidents?limit=1", { token: "some" });
    expect(body).toMatchObject({ incidents: [{ service_name: "db" }], is_cut: false });
    const { body: others } = await ask("/incidents?limit=1", { token: "others" });
    expect(others).toMatchObject({ incidents: [{ service_name: "unseen" }], is_cut: false });
    expect((await ask("/incidents?limit=1")).body).toMatchObject({ incidents: [{ service_name: "db" }], is_cut: true });
    expect((await ask("/services/api/history", { token: "some" })).status).toBe(403);
  });

  it("is CSV where that is asked for", async () => {
    const { text } = await ask("/incidents?state=open", { accept: "text/csv" });
    expect(text).toBe(
      `service_name,health,since,until,cause,owner,link\ndb,late,${at(90)},,"no pulse for 4 min, where one usually comes within 1 min",,\nunseen,down,${at(-5000)},,3 of 3 pulses said 503,,\n`,
    );
  });

  it("is lines of JSON where that is asked for", async () => {
    const { type, text } = await ask("/incidents?state=open", { accept: "text/html, application/ndjson;q=0.9" });
    expect(type).toBe("application/x-ndjson");
    const { body } = await ask("/incidents?state=open");
    expect(linesOf(text)).toEqual(body.incidents);
  });
});
