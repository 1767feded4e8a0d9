import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { DAY_MS } from "../events/time.ts";
import { openSqlitePulseStore, type SqlitePulseStore } from "../storage/sqlite/pulse-store.ts";
import { pulseOf } from "../storage/testing/pulses.ts";
import { store } from "../storage/testing/read-back.ts";
import { temporaryFolder } from "../storage/testing/temporary-folder.ts";
import { HOUR_MS, TIERS } from "../storage/tiers.ts";
import { History } from "./history.ts";
import { RecentMinutes } from "./recent-minutes.ts";

const START = Date.UTC(2026, 10, 30, 12, 30);
const signal = new AbortController().signal;

/** Passes over services in turn, of which each look finds some pulses a minute, in a store that seals minutes after some others. */
function openLooks(perMinute: Record<string, number>, sealAfter = 2) {
  let now = START;
  const looks: string[] = [];
  const history = {
    sealedUntil: async () => now - sealAfter * TIERS.minute,
    async rollMinutes(service: string, from: number) {
      const until = now - sealAfter * TIERS.minute;
      looks.push(`${service} ${(now - from) / TIERS.minute}`);
      if (until <= from) return { until: from, pulses: 0 };
      return { until, pulses: ((perMinute[service] as number) * (until - from)) / TIERS.minute };
    },
  };
  const reader = {
    async *names() {
      yield Object.keys(perMinute);
    },
  };
  const minutes = new RecentMinutes({ history, reader, now: () => now, signal, rest: 0 });
  const pass = async () => {
    looks.length = 0;
    await minutes.roll();
    now += TIERS.minute;
    return [...looks];
  };
  return { pass, perMinute };
}

it("looks at the newest minutes of all services first, then at the hour of those that pulse often, then at what is new", async () => {
  const { pass } = openLooks({ often: 120, seldom: 1, also: 10 });
  expect(await pass()).toEqual(["often 7", "seldom 7", "also 7", "often 60", "also 60"]);
  expect(await pass()).toEqual(["often 3", "also 3"]);
  expect(await pass()).toEqual(["often 3", "seldom 7", "also 3"]);
});

it("looks at a service with few pulses a minute twice an hour, and at its last hour once it has many", async () => {
  const { pass, perMinute } = openLooks({ seldom: 9 });
  const passes: number[] = [];
  for (let i = 0; i < 130; i++) if ((await pass()).length > 0) passes.push(i);
  expect(passes).toEqual([0, 2, 5, 10, 19, 36, 69, 102]);
  perMinute.seldom = 10;
  let looks: string[] = [];
  while (looks.length === 0) looks = await pass();
  expect(looks).toEqual(["seldom 7", "seldom 60"]);
  expect(await pass()).toEqual(["seldom 3"]);
});

it("looks at minutes that may be rolled where these ended long ago, and at an hour once", async () => {
  const { pass } = openLooks({ often: 120, seldom: 1 }, 10);
  expect(await pass()).toEqual(["often 15", "seldom 15", "often 60"]);
  expect(await pass()).toEqual(["often 11"]);
  expect(await pass()).toEqual(["often 11", "seldom 15"]);
});

it("leaves only what is newer than rolled minutes to a reader of the last hour", async () => {
  const now = () => START;
  const file = join(temporaryFolder(), "pulses.db");
  const own = openSqlitePulseStore({ file, maxBytes: 2 ** 28, retentionMs: 30 * DAY_MS, now });
  onTestFinished(() => own.close());
  const pulses = Array.from({ length: 3600 }, (_, i) =>
    pulseOf({ service_name: "often", event_time: START - HOUR_MS + i * 1000 }),
  );
  await store(own, pulses);
  const read: number[] = [];
  const reader = {
    names: () => own.names(),
    measures(...[service, span]: Parameters<SqlitePulseStore["measures"]>) {
      read.push((START - span.from) / TIERS.minute);
      return own.measures(service, span);
    },
  };
  const history = new History({ reader, rollups: own.rollups, retentionMs: 30 * DAY_MS, now });
  await new RecentMinutes({ history, reader, now, signal, rest: 0 }).roll();
  read.length = 0;
  const spans = Array.from({ length: 30 }, (_, i) => {
    const from = START - HOUR_MS + 2 * i * TIERS.minute;
    return { from, to: from + 2 * TIERS.minute };
  });
  const { parts } = await history.read("often", spans);
  expect(parts.map(({ latencies }) => latencies.count)).toEqual(spans.map(() => 120));
  expect(read).toEqual([1]);
  // The hour is made of its minutes, in which it was read already.
  await history.roll("often", { from: START - 90 * TIERS.minute, to: START - 30 * TIERS.minute });
  expect(read).toEqual([1, 90]);
});
