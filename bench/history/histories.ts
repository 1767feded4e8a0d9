// What the bars of a wall cost: `/histories` of the services of a screen, from the runs that pulse-health keeps.
import { DAY_MS } from "../../events/time.ts";
import { PastHealth } from "../../functions/pulse-query/health-history.ts";
import { ServicesSettings } from "../../health/service-settings.ts";
import type { HealthStore } from "../../storage/health-ports.ts";
import type { PulseWriter } from "../../storage/ports.ts";
import type { Span } from "../../storage/span.ts";
import { floorTo, HOUR_MS } from "../../storage/tiers.ts";
import type { Row } from "../table.ts";
import { cpuOf, fill, medianOf, ms } from "./month-of-pulses.ts";

const TILES = 40;
const DAYS = 29;
/** As many as the page asks for. */
const BUCKETS = 48;
const GOAL_MS = 300;

type Store = PulseWriter & { health: HealthStore };

/** Measures 40 services whose health changes every hour for 29 days, beside those that change once a day. */
export async function measureHistories(what: string, store: Store): Promise<Row[]> {
  const { health } = store;
  const to = floorTo(HOUR_MS, Date.now());
  const month = { from: to - DAYS * DAY_MS, to };
  const restless = await keepRuns(store, "restless", month, HOUR_MS);
  const calm = await keepRuns(store, "calm", month, DAY_MS);
  const past = new PastHealth({
    health,
    settings: () => new ServicesSettings(),
    retentionMs: 30 * DAY_MS,
    historyMs: 400 * DAY_MS,
    now: Date.now,
  });
  const nextTurn = () => new Promise<void>(setImmediate);
  const ask = (services: readonly string[], span: Span) => past.histories(services, span, BUCKETS, { nextTurn });
  let answers = 0;
  let took = 0;
  const cpu = await cpuOf(async () => {
    took = await medianOf(async () => {
      const { histories } = await ask(restless, month);
      if (histories.some(({ coverage }) => coverage !== 1)) throw new Error("Expected all of the month to be known");
      answers++;
    });
  });
  const took24h = await medianOf(() => ask(restless, { from: to - DAY_MS, to }));
  const tookCalm = await medianOf(() => ask(calm, month));
  return [
    {
      what: `${what}: \`/histories\` of ${TILES} services over ${DAYS} days, whose health changes every hour, median`,
      figure: `${ms(took)}, ${ms(cpu / answers / 1000)} of CPU`,
      beside: `once a day: ${ms(tookCalm)}; the last 24 hours: ${ms(took24h)}`,
      goal: `≤ ${GOAL_MS} ms`,
      isMet: took <= GOAL_MS,
    },
  ];
}

/** Stores a pulse of each service, keeps how they were, and that all is judged. @returns their names */
async function keepRuns(store: Store, prefix: string, { from, to }: Span, everyMs: number): Promise<string[]> {
  const services = Array.from({ length: TILES }, (_, i) => `${prefix}-${i}`);
  await fill(store, services, { from, to: from + 1 }, 1);
  const runs = Array.from({ length: (to - from) / everyMs }, (_, i) => {
    const since = from + i * everyMs;
    const [state, cause] =
      i % 2 === 0 ? (["up", "3 of 3 pulses were well"] as const) : (["down", "8 of 10 pulses said 503"] as const);
    return { since, health: state, confirmedAt: since + 10_000, cause };
  });
  const changes = services.map((service) => ({
    service,
    runs: { span: { from, to: Number.POSITIVE_INFINITY }, runs },
  }));
  const { health } = store;
  if (!(await health.keep(changes, await health.begin())) || !(await health.noteJudged(Date.now()))) {
    throw new Error("Expected the store to keep how services were");
  }
  return services;
}
