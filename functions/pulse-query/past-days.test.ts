import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { DAY_MS } from "../../events/time.ts";
import { History } from "../../history/history.ts";
import { rollAll } from "../../history/roller.ts";
import { openSqlitePulseStore } from "../../storage/sqlite/pulse-store.ts";
import { temporaryFolder } from "../../storage/testing/temporary-folder.ts";
import { openQuery, pulseOf } from "../testing/query-function.ts";

const DAY_0 = Math.floor(Date.now() / DAY_MS) * DAY_MS - 100 * DAY_MS;
const time = (days: number) => new Date(DAY_0 + days * DAY_MS).toISOString();

it("a summary tells days whose pulses are gone, in whole days, and from where on it is exact", async () => {
  let now = DAY_0 + 4.5 * DAY_MS;
  const retentionMs = 30 * DAY_MS;
  const file = join(temporaryFolder(), "pulses.db");
  const store = openSqlitePulseStore({ file, maxBytes: 2 ** 26, retentionMs, now: () => now, purgeEveryMs: 5 });
  // 24 pulses a day, of which each third day's are down.
  const pulses = Array.from({ length: 108 }, (_, i) => {
    const status = Math.floor(i / 24) % 3 === 0 ? "down" : "ok";
    return pulseOf({ service_name: "old", event_time: DAY_0 + (i * DAY_MS) / 24, latency_ms: i + 1, status });
  });
  await store.write(pulses);
  const history = new History({ reader: store, rollups: store.rollups, retentionMs, now: () => now });
  const signal = new AbortController().signal;
  const roll = () => rollAll({ history, reader: store, retentionMs, now: () => now, signal });
  await roll();
  now = DAY_0 + 5 * DAY_MS + DAY_MS / 2;
  await roll();
  const { host } = await openQuery({ store, historyMs: 400 * DAY_MS, now: () => now });
  onTestFinished(() => host.close());
  const ask = async (from: number, to: number, buckets: number) => {
    const path = `/services/old/summary?from=${time(from)}&to=${time(to)}&buckets=${buckets}`;
    const answer = await fetch(`${host.url}${path}`);
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  expect((await ask(0, 5, 5)).body).toMatchObject({ count: 108, exact_from: time(0) });

  // The pulses of two days and a half are gone.
  now = DAY_0 + 32.5 * DAY_MS;
  await store.write([]);
  await expect.poll(async () => (await store.page("old", { from: 0, to: now }, 1000)).ok).toBe(true);
  const { body } = await ask(0.5, 5, 100);
  expect(body).toMatchObject({ from: time(0), to: time(5), exact_from: time(3), count: 108 });
  expect(body).toMatchObject({ health: { up: 60, down: 48 }, latency_ms: { min: 1, max: 108, mean: 54.5 } });
  expect(body.buckets).toMatchObject(
    [24, 24, 24, 24, 12].map((count, i) => ({ count, from: time(i), to: time(i + 1) })),
  );
  // Later, all of them.
  now = DAY_0 + 60 * DAY_MS;
  await store.write([]);
  const later = await ask(0, 60, 30);
  expect(later.body).toMatchObject({ count: 108, statuses: [{ status: "ok" }, { status: "down" }] });
  expect((await ask(-400, 60, 30)).body.errors).toMatchObject([
    { rule: expect.stringContaining("400 days (the history)") },
  ]);
  // What ends within the retention is as before.
  expect((await ask(59, 60, 2)).body).toMatchObject({ count: 0, exact_from: time(59) });
});
