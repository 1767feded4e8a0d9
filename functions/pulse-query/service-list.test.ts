import { describe, expect, it } from "vitest";
import { OWN_SERVICE } from "../../events/own-service.ts";
import { AWAY_AFTER_MS } from "../../health/away.ts";
import { parseServices } from "../../health/services-file.ts";
import type { HealthReader } from "../../storage/health-ports.ts";
import { openStore, pulseOf } from "../testing/query-function.ts";
import { HealthNow } from "./health-now.ts";
import { type JudgedService, ServiceList } from "./service-list.ts";

const NOW = Date.UTC(2026, 10, 30, 12);
const KEPT_MS = 1000;
const WHOLE = { from: 0, to: Number.POSITIVE_INFINITY };
const CAUSE = "2 of 3 pulses said 503";

/** A store, and the services in it as pulse-query shows them at a time. */
function openList(file = "") {
  const store = openStore();
  const settings = parseServices(file, { file: "services.yaml", variable: "PULSE_SERVICES_FILE" });
  const clock = { now: NOW };
  let reads = 0;
  const counted: Pick<HealthReader, "current" | "judgedUntil"> = {
    judgedUntil: () => store.health.judgedUntil(),
    current: () => {
      reads++;
      return store.health.current();
    },
  };
  const now = () => clock.now;
  const health = new HealthNow({ health: counted, settings: () => settings, keptMs: KEPT_MS, now });
  const services = new ServiceList({ reader: store, health, settings: () => settings, now });
  return {
    store,
    clock,
    services,
    reads: () => reads,
    put: (service_name: string, status = "ok", event_time = NOW) =>
      store.write([pulseOf({ service_name, status, event_time })]),
    /** pulse-health has judged it down, and everything until a time. */
    async judgeDown(service: string, judgedUntil = NOW - 5000) {
      const run = { since: NOW - 60_000, health: "down" as const, confirmedAt: NOW - 50_000, cause: CAUSE };
      await store.health.keep([{ service, runs: { span: WHOLE, runs: [run] } }], await store.health.begin());
      await store.health.noteJudged(judgedUntil);
    },
    async all(): Promise<JudgedService[]> {
      const listed: JudgedService[] = [];
      for await (const chunk of services.chunks()) listed.push(...chunk);
      return listed;
    },
  };
}

const inShort = ({ pulse, health, since, cause }: JudgedService) => [pulse.service_name, health, since, cause];

describe("a list of services", () => {
  it("says of each what pulse-health says, and of one that is not judged yet what its newest pulse means", async () => {
    const list = openList('[{ services: "new-*", statuses: { odd: degraded } }]');
    await list.put("checkout", "ok");
    await list.put("new-one", "odd");
    await list.judgeDown("checkout");
    expect((await list.all()).map(inShort)).toEqual([
      ["checkout", "down", NOW - 60_000, CAUSE],
      ["new-one", "degraded", undefined, ""],
    ]);
    expect(await list.services.judgedUntil()).toBe(NOW - 5000);
    expect(await list.services.one("checkout")).toMatchObject({ health: "down", confirmedAt: NOW - 50_000 });
    expect(await list.services.one("nobody")).toBeUndefined();
  });

  it("says what newest pulses mean before anything was judged", async () => {
    const list = openList();
    await list.put("checkout", "503");
    expect((await list.all()).map(inShort)).toEqual([["checkout", "down", undefined, ""]]);
    expect(await list.services.judgedUntil()).toBeNull();
  });

  it("knows of no service how it is once pulse-health has been away for a minute", async () => {
    const list = openList();
    await list.put("checkout");
    await list.put("new");
    await list.judgeDown("checkout", NOW - AWAY_AFTER_MS);
    expect((await list.all()).map(({ health }) => health)).toEqual(["down", "up"]);
    list.clock.now = NOW + 1;
    const cause = "not judged since 2026-11-30T11:59:00.000Z";
    expect((await list.all()).map(inShort)).toEqual([
      ["checkout", "unknown", NOW - AWAY_AFTER_MS, cause],
      ["new", "unknown", NOW - AWAY_AFTER_MS, cause],
    ]);
    expect(await list.services.one("checkout")).toMatchObject({ health: "unknown", confirmedAt: undefined });
  });

  it("reads what pulse-health says once for all who ask within a moment, and again once it has judged", async () => {
    const list = openList();
    const healths = async () => (await list.all()).map(({ health }) => health);
    await list.put("checkout");
    await Promise.all([list.all(), list.all(), list.services.one("checkout"), list.services.judgedUntil()]);
    expect(list.reads()).toBe(1);
    await list.judgeDown("checkout");
    expect(await healths()).toEqual(["up"]);
    for (let i = 0; i < 3; i++) {
      list.clock.now += KEPT_MS;
      expect(await healths()).toEqual(["down"]);
      expect(list.reads()).toBe(2);
    }
    await list.judgeDown("checkout", NOW);
    list.clock.now += KEPT_MS;
    await list.all();
    expect(list.reads()).toBe(3);
  });

  it("reads it again after the store was away", async () => {
    let isAway = true;
    const health = new HealthNow({
      health: {
        judgedUntil: async () => (isAway ? Promise.reject(new Error("away")) : NOW),
        async *current() {},
      },
      settings: () => parseServices("", { file: "services.yaml", variable: "PULSE_SERVICES_FILE" }),
      keptMs: KEPT_MS,
      now: () => NOW,
    });
    await expect(health.read()).rejects.toThrow("away");
    isAway = false;
    expect((await health.read()).judgedUntil).toBe(NOW);
  });

  it("leaves out retired services and PulseMesh's own, and says which are in maintenance", async () => {
    const list = openList(`
      - { services: "old-*", retired: true }
      - services: db
        maintenance:
          - { from: "2026-11-30T11:00:00Z", to: "2026-11-30T13:00:00Z" }
      - services: weekly
        maintenance:
          - { weekly: monday, from: "12:00", to: "13:00", zone: UTC }`);
    for (const service of ["old-one", "db", "other", "weekly", OWN_SERVICE]) await list.put(service);
    const shown = async () =>
      (await list.all()).map(({ pulse, isInMaintenance }) => [pulse.service_name, isInMaintenance]);
    expect(await shown()).toEqual([
      ["db", true],
      ["other", false],
      ["weekly", true],
    ]);
    list.clock.now = Date.UTC(2026, 10, 30, 13);
    expect((await shown()).map(([, is]) => is)).toEqual([false, false, false]);
    list.clock.now = Date.UTC(2026, 11, 7, 12, 59);
    expect((await shown()).map(([, is]) => is)).toEqual([false, false, true]);
    expect(await list.services.one("old-one")).toMatchObject({ health: "up" });
    expect(await list.services.ownPulseAt()).toBe(NOW);
  });
});
