// A service leaves the list with its last pulse: its open incident ends, and its past stays readable.
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { DAY_MS } from "../../events/time.ts";
import { HealthCells } from "../../health/cell.ts";
import { memoryOf } from "../../health/memory.ts";
import { judge } from "../../health/timeline.ts";
import { openSqlitePulseStore } from "../../storage/sqlite/pulse-store.ts";
import { temporaryFolder } from "../../storage/testing/temporary-folder.ts";
import { openQuery, pulseOf } from "../testing/query-function.ts";

const MINUTE = 60_000;
const RETENTION_MS = 30 * DAY_MS;
const DAY_0 = Date.UTC(2026, 5, 1);
const HISTORY_MS = 400 * DAY_MS;
const text = (time: number) => new Date(time).toISOString();

/** What the tests read of an answer: each has some of it. */
interface Answer {
  services: object[];
  incidents: { service_name: string }[];
  runs: object[];
}

/** pulse-query at day 33, with services of ten pulses each, the last of them `lastAt`, that were judged until then. */
async function openPast(services: Record<string, { lastAt: number; isRemembered?: boolean }>) {
  let now = DAY_0;
  const file = join(temporaryFolder(), "pulses.db");
  const store = openSqlitePulseStore({ file, maxBytes: 2 ** 26, retentionMs: RETENTION_MS, now: () => now });
  const times = (lastAt: number) => Array.from({ length: 10 }, (_, i) => lastAt - (9 - i) * MINUTE);
  await store.write(
    Object.entries(services).flatMap(([service_name, { lastAt }]) =>
      times(lastAt).map((event_time) => pulseOf({ service_name, event_time })),
    ),
  );
  now = DAY_0 + 33 * DAY_MS;
  const basis = await store.health.begin();
  for (const [service, { lastAt, isRemembered = true }] of Object.entries(services)) {
    const cells = new HealthCells();
    for (const time of times(lastAt)) cells.add(time, "ok");
    const { runs, states } = judge({ settings: {}, state: undefined, cells: cells.list(), until: now });
    const memory = memoryOf({ states, settledUntil: now, marks: [] }, now);
    const span = { from: 0, to: Number.POSITIVE_INFINITY };
    const change = { service, runs: { span, runs } };
    await store.health.keep([isRemembered ? { ...change, memory } : change], basis);
  }
  await store.health.noteJudged(now);
  const { host } = await openQuery({ store, historyMs: HISTORY_MS, now: () => now });
  onTestFinished(() => host.close());
  return async (path: string) => (await (await fetch(`${host.url}${path}`)).json()) as Answer;
}

const namesOf = ({ incidents }: Answer) => incidents.map(({ service_name }) => service_name);

it("what is open are incidents of services that the list has, and the others ended with their service", async () => {
  const present = { lastAt: DAY_0 + 3.5 * DAY_MS };
  const gone = { lastAt: DAY_0 };
  const ask = await openPast({ present, gone, forgotten: { ...gone, isRemembered: false } });
  const { services } = await ask("/services");
  expect(services).toMatchObject([{ service_name: "present", health: "late" }]);
  expect(namesOf(await ask("/incidents?state=open"))).toEqual(["present"]);
  const all = await ask(`/incidents?from=${text(DAY_0)}`);
  expect(all.incidents).toMatchObject([
    { service_name: "present", health: "late", until: null },
    // What is remembered of the last pulse has expired: the run tells it.
    { service_name: "forgotten", health: "late", until: text(DAY_0 + MINUTE + RETENTION_MS) },
    { service_name: "gone", health: "late", until: text(DAY_0 + RETENTION_MS) },
  ]);
  // Its incidents before that stay where they were.
  const before = await ask(`/incidents?from=${text(DAY_0)}&to=${text(DAY_0 + DAY_MS)}`);
  expect(namesOf(before)).toEqual(["forgotten", "gone"]);
  expect(namesOf(await ask(`/incidents?from=${text(DAY_0 + 31 * DAY_MS)}`))).toEqual(["present"]);
});

it("the past of a service that is gone stays, and from then on nothing is known of it", async () => {
  const ask = await openPast({ gone: { lastAt: DAY_0 } });
  const end = text(DAY_0 + RETENTION_MS);
  const history = await ask(`/services/gone/history?from=${text(DAY_0)}`);
  expect(history.runs).toMatchObject([
    { health: "unknown", since: end, until: null, cause: "no pulse within the retention" },
    { health: "late", until: end },
    { health: "up", since: text(DAY_0 - 9 * MINUTE) },
  ]);
  const uptime = await ask(`/services/gone/uptime?from=${end}&to=${text(DAY_0 + 33 * DAY_MS)}`);
  expect(uptime).toMatchObject({ uptime: null, coverage: 0, late_s: 0, unknown_s: 3 * 86_400 });
});
