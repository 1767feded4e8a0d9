// What it costs to judge every service every ten seconds, beside what it costs to store their pulses: both in this process, one
// after the other, with a clock that is set by hand.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Pulse } from "../events/pulse.ts";
import { DAY_MS } from "../events/time.ts";
import { Keeper, SETTLE_MS } from "../functions/pulse-health/keeper.ts";
import { ServicesSettings } from "../health/service-settings.ts";
import { openSqlitePulseStore } from "../storage/sqlite/pulse-store.ts";
import type { Row } from "./table.ts";

const SERVICES = 2000;
const PULSES_PER_SECOND = 10_000;
const ROUND_S = 10;
/** As pulses come: some hundred at a time. */
const WRITE = 500;
/** Rounds that are not counted: code is compiled, and what is known of each service is gathered. */
const WARM_UP = 6;
const ROUNDS = 18;
const GOAL = 0.15;

/** Measures the keeper on SQLite. */
export async function benchHealth(): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), "pulsemesh-bench-"));
  let now = Math.floor(Date.now() / 60_000) * 60_000;
  const clock = () => now;
  const store = openSqlitePulseStore({
    file: join(folder, "pulses.db"),
    maxBytes: 16e9,
    retentionMs: 30 * DAY_MS,
    now: clock,
  });
  const { rollups, health } = store;
  const settings = new ServicesSettings();
  const keeper = new Keeper({
    reader: store,
    rollups,
    health,
    settings: () => settings,
    retentionMs: 30 * DAY_MS,
    now: clock,
  });
  let storing = 0;
  let judging = 0;
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    const isCounted = round >= WARM_UP;
    const stored = await cpuOf(async () => {
      for (const pulses of pulsesFrom(now)) await store.write(pulses);
    });
    now += ROUND_S * 1000;
    const atRest = now;
    now += SETTLE_MS;
    const judged = await cpuOf(() => keeper.round());
    now = atRest;
    if (!isCounted) continue;
    storing += stored;
    judging += judged;
  }
  await store.close();
  await rm(folder, { recursive: true });
  const pulses = ROUNDS * ROUND_S * PULSES_PER_SECOND;
  const share = judging / storing;
  return [
    { what: "storing a pulse, in the store alone", figure: `${(storing / pulses).toFixed(1)} µs` },
    {
      what: `judging ${SERVICES} services every ${ROUND_S} s, for each pulse`,
      figure: `${(judging / pulses).toFixed(2)} µs`,
      beside: `${(100 * share).toFixed(0)} % of storing it`,
      goal: `≤ ${100 * GOAL} %`,
      isMet: share <= GOAL,
    },
  ];
}

function* pulsesFrom(time: number): Generator<Pulse[]> {
  const count = ROUND_S * PULSES_PER_SECOND;
  for (let i = 0; i < count; i += WRITE) {
    yield Array.from({ length: WRITE }, (_, k): Pulse => {
      const n = i + k;
      return {
        service_name: `service-${n % SERVICES}`,
        event_time: time + Math.floor((n * 1000) / PULSES_PER_SECOND),
        latency_ms: n % 100,
        status: n % 1000 === 0 ? "503" : "ok",
        id: `${time}-${n}`,
        source: "/pulse",
      };
    });
  }
}

/** The µs of CPU that some work takes in this process. */
async function cpuOf(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
