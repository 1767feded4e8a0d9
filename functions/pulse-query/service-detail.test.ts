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
  const { host } = await openQuery({ store, settings: () => settings, now: () => NOON });
  onTestFinished(() => host.close());
  const read = async (path: string): Promise<object> => (await fetch(`${host.url}${path}`)).json() as Promise<object>;
  const [detail, history, incidents] = await Promise.all([
    read("/services/checkout"),
    read("/services/checkout/history"),
    read("/incidents"),
  ]);
  return { ...detail, history, incidents };
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
    uptime_24h: 660 / 720,
    coverage_24h: 0.5,
    usual_period_ms: MINUTE,
    // A period, two of grace, and a minute.
    late_at: new Date(NOON - 5000 + 4 * MINUTE).toISOString(),
    owner: null,
    link: null,
  });
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
