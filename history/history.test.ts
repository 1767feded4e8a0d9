import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DAY_MS } from "../events/time.ts";
import { openSqlitePulseStore, type SqlitePulseStore } from "../storage/sqlite/pulse-store.ts";
import { newService, pulseOf } from "../storage/testing/pulses.ts";
import { store } from "../storage/testing/read-back.ts";
import { temporaryFolder } from "../storage/testing/temporary-folder.ts";
import { HOUR_MS, TIERS } from "../storage/tiers.ts";
import { History } from "./history.ts";
import { describeHistory, MODEL_RETENTION_MS } from "./testing/model.ts";

const MAX_BYTES = 256 * 1024 * 1024;
const NOW = Date.UTC(2026, 10, 30, 12);

let modelFile: string | undefined;
describeHistory({
  name: "history in SQLite",
  runs: 60,
  forgets: true,
  open: async (now) => {
    modelFile ??= join(temporaryFolder(), "model.db");
    return openSqlitePulseStore({ file: modelFile, maxBytes: MAX_BYTES, retentionMs: MODEL_RETENTION_MS, now });
  },
});

/** A store, how often its pulses were read, and what is known of it. */
function openHistory(now = () => NOW) {
  const file = join(temporaryFolder(), "pulses.db");
  const own = openSqlitePulseStore({ file, maxBytes: MAX_BYTES, retentionMs: 30 * DAY_MS, now });
  const read: string[] = [];
  const reader = {
    measures(...[service, span]: Parameters<SqlitePulseStore["measures"]>) {
      read.push(`${(span.from - NOW) / HOUR_MS} to ${(span.to - NOW) / HOUR_MS}`);
      return own.measures(service, span);
    },
  };
  const history = new History({ reader, rollups: own.rollups, retentionMs: 30 * DAY_MS, now });
  const counted = async (service: string, from: number, to: number) => {
    read.length = 0;
    const { parts } = await history.read(service, [{ from: NOW + from, to: NOW + to }]);
    return { count: parts[0]?.latencies.count, read: read.join(", ") };
  };
  return { own, history, counted, read };
}

const busy = (service: string, from: number, hours: number, perHour = 100) =>
  Array.from({ length: hours * perHour }, (_, i) =>
    pulseOf({ service_name: service, event_time: NOW + from + Math.floor((i * HOUR_MS) / perHour) }),
  );

describe("what was asked for once", () => {
  it("is not read again: hours, and days of hours", async () => {
    const { own, counted } = openHistory();
    const service = newService();
    await store(own, busy(service, -4 * DAY_MS, 96));
    // An hour that has just ended is made of its minutes, before all others.
    expect(await counted(service, -10 * HOUR_MS, -2 * HOUR_MS)).toEqual({ count: 800, read: "-3 to -2, -10 to -3" });
    expect(await counted(service, -12 * HOUR_MS, -HOUR_MS)).toEqual({ count: 1100, read: "-2 to -1, -12 to -10" });
    // From 0:00 on four days ago, less the half day that has no pulse.
    const days = { count: 3.5 * 24 * 100, read: expect.any(String) };
    expect(await counted(service, -4.5 * DAY_MS, -0.5 * DAY_MS)).toEqual(days);
    expect(await counted(service, -4.5 * DAY_MS, -0.5 * DAY_MS)).toEqual({ ...days, read: "" });
    await own.close();
  });

  it("is read again where a pulse came late, for its hour only, and then no more", async () => {
    const { own, counted } = openHistory();
    const service = newService();
    await store(own, busy(service, -12 * HOUR_MS, 12));
    await counted(service, -8 * HOUR_MS, -HOUR_MS);
    await store(own, [pulseOf({ service_name: service, event_time: NOW - 5.5 * HOUR_MS })]);
    expect(await counted(service, -8 * HOUR_MS, -HOUR_MS)).toEqual({ count: 701, read: "-6 to -5" });
    expect(await counted(service, -8 * HOUR_MS, -HOUR_MS)).toEqual({ count: 701, read: "" });
    await own.close();
  });

  it("is minutes where they hold many pulses, up to the last one that is sealed", async () => {
    const { own, counted } = openHistory(() => NOW + 30_000);
    const service = newService();
    await store(own, busy(service, -HOUR_MS, 1, 3600));
    await counted(service, -30 * TIERS.minute, 0);
    expect(await counted(service, -30 * TIERS.minute, 0)).toEqual({ count: 1800, read: `${-1 / 60} to 0` });
    await store(own, [pulseOf({ service_name: service, event_time: NOW - 5.5 * TIERS.minute })]);
    expect(await counted(service, -30 * TIERS.minute, 0)).toMatchObject({ count: 1801 });
    expect(await counted(service, -30 * TIERS.minute, 0)).toEqual({ count: 1801, read: `${-1 / 60} to 0` });
    await own.close();
  });

  it("is not kept of a span with few pulses, nor of the hour at the edge of the retention", async () => {
    let now = NOW;
    const { own, counted } = openHistory(() => now);
    const service = newService();
    await store(own, busy(service, -29 * DAY_MS, 2, 5));
    expect(await counted(service, -29 * DAY_MS, -29 * DAY_MS + 2 * HOUR_MS)).toMatchObject({ count: 10 });
    expect(await counted(service, -29 * DAY_MS, -29 * DAY_MS + 2 * HOUR_MS)).toMatchObject({
      count: 10,
      read: "-696 to -694",
    });
    await store(own, busy(service, -29 * DAY_MS, 2, 600));
    await counted(service, -29 * DAY_MS, -29 * DAY_MS + 2 * HOUR_MS);
    now = NOW + DAY_MS + HOUR_MS / 2;
    // Of the first hour, what lies before the edge is neither in a list nor in an answer.
    expect(await counted(service, -29 * DAY_MS, -29 * DAY_MS + 2 * HOUR_MS)).toEqual({
      count: 302 + 605,
      read: "-695.5 to -695",
    });
    await own.close();
  });
});

it("tells exact percentiles of few pulses, whatever was rolled", async () => {
  const { own, history } = openHistory();
  const service = newService();
  const pulses = busy(service, -10 * HOUR_MS, 5).map((pulse, i) => ({ ...pulse, latency_ms: i + 0.125 }));
  await store(own, pulses);
  const span = { from: NOW - 10 * HOUR_MS, to: NOW - 5 * HOUR_MS };
  for (let i = 0; i < 2; i++) {
    const { parts } = await history.read(service, [span]);
    expect([50, 95, 99].map((percent) => parts[0]?.latencies.percentile(percent))).toEqual([249.125, 474.125, 494.125]);
  }
  await own.close();
});

it("rolls few pulses once, and reads none of them again", async () => {
  const { own, history, read } = openHistory();
  const service = newService();
  await store(own, busy(service, -10 * HOUR_MS, 4));
  const span = { from: NOW - 10 * HOUR_MS, to: NOW - 6 * HOUR_MS };
  for (let i = 0; i < 2; i++) {
    await history.roll(service, span);
    expect(read).toEqual(["-10 to -6"]);
  }
  await own.close();
});

it("stops reading when nobody waits for the answer", async () => {
  const { own, history } = openHistory();
  const service = newService();
  await store(own, busy(service, -3 * HOUR_MS, 2));
  const leaving = AbortSignal.abort(new Error("gone"));
  const spans = [{ from: NOW - 3 * HOUR_MS, to: NOW }];
  await expect(history.read(service, spans, { signal: leaving })).rejects.toThrow("gone");
  await own.close();
});
