import { expect, it, onTestFinished } from "vitest";
import type { HealthRun } from "../../events/health-run.ts";
import { memoryOf } from "../../health/memory.ts";
import { parseServices } from "../../health/services-file.ts";
import { openQuery, openStore, pulseOf } from "../testing/query-function.ts";

const MINUTE = 60_000;
const NOON = Date.UTC(2026, 10, 30, 12);
const WHOLE = { from: 0, to: Number.POSITIVE_INFINITY };
const at = (minutes: number) => new Date(NOON + minutes * MINUTE).toISOString();

function runAt(minutes: number, health: HealthRun["health"]): HealthRun {
  const since = NOON + minutes * MINUTE;
  return { since, health, confirmedAt: since + MINUTE, cause: `it was ${health}` };
}

/** The detail of a service as it is at noon, when everything is judged. */
async function detailAtNoon(runs: HealthRun[], { isLearnt = true, file = "", lags = [] as number[] } = {}) {
  const read = await openNoon(runs, { isLearnt, file, lags });
  const json = async (path: string) => (await read(path)).json() as Promise<object>;
  const [detail, history, incidents] = await Promise.all([
    json("/services/checkout"),
    json("/services/checkout/history"),
    json("/incidents"),
  ]);
  return { ...detail, history, incidents };
}

/** Asks about a service whose health is judged until noon. */
async function openNoon(
  runs: HealthRun[],
  { isLearnt = true, file = "", lags = [] as number[], now = () => NOON } = {},
): Promise<(path: string, headers?: Record<string, string>) => Promise<Response>> {
  const store = openStore();
  const service = "checkout";
  await store.write([pulseOf({ service_name: service, event_time: NOON - 5000 })]);
  const learnt = { usualMs: MINUTE, longestMs: MINUTE };
  const period = { first: 0, cell: [NOON - 5000, NOON - 5000, 1], pauses: {}, pace: [], ...(isLearnt && { learnt }) };
  const state = { judgedUntil: NOON, isSilent: false, runs: [], period: period as never };
  const memory = memoryOf({ states: [state], settledUntil: NOON, marks: [], lags, newestLags: lags }, NOON);
  await store.health.keep([{ service, runs: { span: WHOLE, runs }, memory }], await store.health.begin());
  await store.health.noteJudged(NOON);
  const settings = parseServices(file, { file: "services.yaml", variable: "PULSE_SERVICES_FILE" });
  const { host } = await openQuery({ store, settings: () => settings, now });
  onTestFinished(() => host.close());
  return (path, headers = {}) => fetch(`${host.url}${path}`, { headers });
}

it("a service has its health, since when and why, its usual period and its last 24 hours", async () => {
  expect(await detailAtNoon([runAt(-720, "up"), runAt(-60, "down")])).toMatchObject({
    health: "down",
    since: at(-60),
    confirmed_at: at(-59),
    cause: "it was down",
    in_maintenance: false,
    retired: false,
    flapping: false,
    uptime_24h: 0.9167,
    coverage_24h: 0.5,
    usual_period_ms: MINUTE,
    // A period, two of grace, and a minute.
    late_at: new Date(NOON - 5000 + 4 * MINUTE).toISOString(),
    owner: null,
    link: null,
  });
});

it.each([
  ["up", -720, 1, 0.5],
  ["up", -1 / 6000, 1, 0.0001],
  ["up", -1440 + 1 / 6000, 1, 0.9999],
  ["up", -3000, 1, 1],
  ["unknown", -720, null, 0],
] as const)(
  "a service that was %s from minute %d on has an uptime of %d and a coverage of %d",
  async (health, minute, uptime_24h, coverage_24h) => {
    expect(await detailAtNoon([runAt(minute, health)])).toMatchObject({ uptime_24h, coverage_24h });
  },
);

it("an uptime is 1 only where nothing was down, and 0 only where nothing was up", async () => {
  const short = 1 / 6000;
  expect(await detailAtNoon([runAt(-1440, "up"), runAt(-short, "down")])).toMatchObject({ uptime_24h: 0.9999 });
  expect(await detailAtNoon([runAt(-1440, "down"), runAt(-short, "up")])).toMatchObject({ uptime_24h: 0.0001 });
});

it.each([
  "/services/checkout",
  "/services",
  `/services/checkout/summary?from=${NOON - 60 * MINUTE}&to=${NOON + MINUTE}`,
  `/trends?services=checkout&from=${NOON - 60 * MINUTE}&to=${NOON + MINUTE}`,
  `/histories?services=checkout&from=${NOON - 60 * MINUTE}&to=${NOON + MINUTE}`,
  "/services/checkout/badge.svg",
  "/services/checkout/badge.json",
  "/services/checkout/badge.svg?show=uptime",
])("%s is 304 while nothing has changed, though time goes on", async (path) => {
  let now = NOON;
  const read = await openNoon([runAt(-720.123, "up"), runAt(-60, "down")], { now: () => now });
  const etag = (await read(path)).headers.get("etag") as string;
  now += 7654;
  const again = await read(path, { "if-none-match": etag });
  expect([again.status, await again.text()]).toEqual([304, ""]);
});

it("a service flaps while its last five changes were known within an hour", async () => {
  const changes = (first: number) =>
    [0, 10, 20, 30, 40].map((minutes, i) => runAt(first + minutes, i % 2 === 0 ? "down" : "up"));
  expect(await detailAtNoon([runAt(-300, "up"), ...changes(-60)])).toMatchObject({ flapping: true });
  expect(await detailAtNoon([runAt(-300, "up"), ...changes(-61)])).toMatchObject({ flapping: false });
  expect(await detailAtNoon([runAt(-300, "up"), ...changes(-50).slice(1)])).toMatchObject({ flapping: false });
});

it("a service's settings say its period, its owner and its runbook, and count before what was learnt", async () => {
  const file = `
    - services: checkout
      period: 10min
      grace: 5min
      owner: shop
      link: https://wiki.example/checkout
      maintenance: [{ from: "${at(-10)}", to: "${at(30)}", reason: the disk is replaced }]`;
  const maintenance = [{ from: at(-10), to: at(30), reason: "the disk is replaced" }];
  const set = {
    in_maintenance: true,
    maintenance,
    usual_period_ms: 10 * MINUTE,
    owner: "shop",
    link: "https://wiki.example/checkout",
  };
  const late_at = new Date(NOON - 5000 + 15 * MINUTE).toISOString();
  for (const isLearnt of [true, false]) {
    expect(await detailAtNoon([runAt(-60, "up")], { file, isLearnt })).toMatchObject({ ...set, late_at });
  }
  expect(await detailAtNoon([runAt(-60, "up")], { isLearnt: false })).toMatchObject({
    usual_period_ms: null,
    late_at: null,
  });
});

it("a service whose clock is behind says so wherever its cause stands, and is late so much later", async () => {
  const lags = [1, 2, 3].map(() => 20 * MINUTE - 4000);
  const cause = "; its pulses come 20 min after their times: its clock is behind, or they wait on their way";
  const late_at = new Date(NOON - 5000 + 4 * MINUTE + 20 * MINUTE - 4000).toISOString();
  expect(await detailAtNoon([runAt(-720, "up"), runAt(-60, "degraded")], { lags })).toMatchObject({
    cause: `it was degraded${cause}`,
    late_at,
    history: { runs: [{ cause: `it was degraded${cause}` }, { cause: "it was up" }] },
    incidents: { incidents: [{ cause: `it was degraded${cause}` }] },
  });
});
