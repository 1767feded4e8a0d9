// What is known of the past beside a plain list: whatever was rolled, when and by how many at once, and whatever came late, twice
// or was removed. The same model runs on each store.
import fc from "fast-check";
import { expect, it } from "vitest";
import { HEALTHS, healthOf } from "../../events/health.ts";
import { MAX_LATENCY_MS, type Pulse } from "../../events/pulse.ts";
import { DAY_MS } from "../../events/time.ts";
import type { OpenPulseStore } from "../../storage/contract/subject.ts";
import type { RollupStore } from "../../storage/ports.ts";
import type { Span } from "../../storage/span.ts";
import { describeUnless } from "../../storage/testing/describe-unless.ts";
import { newService, pulseOf } from "../../storage/testing/pulses.ts";
import { store } from "../../storage/testing/read-back.ts";
import { HOUR_MS, TIERS } from "../../storage/tiers.ts";
import { History } from "../history.ts";
import type { SpanFigures } from "../rollup.ts";
import { StatusCounts } from "../status-counts.ts";

export const MODEL_RETENTION_MS = 3 * DAY_MS;

type HistoryStore = OpenPulseStore & { readonly rollups: RollupStore };

export interface HistorySubject {
  name: string;
  skip?: string | undefined;
  /** How many cases are tried, and whether services are forgotten in them. */
  runs: number;
  forgets: boolean;
  /** Opens the same data again and again, with a retention of {@link MODEL_RETENTION_MS}. */
  open(now: () => number): Promise<HistoryStore>;
}

// Every run draws the same cases, so that a failure repeats.
const SEED = 20_261_206;

const late = fc.oneof(
  fc.integer({ min: 0, max: 3 * TIERS.minute }),
  fc.integer({ min: 0, max: 3 * HOUR_MS }),
  fc.integer({ min: 0, max: MODEL_RETENTION_MS + HOUR_MS }),
);
const write = fc.record({
  kind: fc.constant("write" as const),
  late,
  /** Between the pulses of one write. */
  stepMs: fc.constantFrom(0, 500, 30_000, 20 * TIERS.minute),
  count: fc.constantFrom(1, 12, 40, 600),
  latency: fc.oneof(
    fc.double({ min: 0, max: 50, noNaN: true }),
    fc.double({ min: 0, max: MAX_LATENCY_MS, noNaN: true }),
  ),
  status: fc.constantFrom("ok", "slow", "503", "strange"),
});
const again = fc.record({ kind: fc.constant("again" as const), which: fc.nat(1000) });
const pass = fc.record({
  kind: fc.constant("pass" as const),
  ms: fc.oneof(fc.integer({ min: 1, max: 2 * HOUR_MS }), fc.integer({ min: 1, max: DAY_MS })),
});
const ask = fc.record({
  kind: fc.constant("ask" as const),
  readers: fc.integer({ min: 1, max: 2 }),
  span: fc.constantFrom<[hours: number, parts: number]>([1, 12], [5, 1], [26, 3], [72, 6], [72, 72]),
  /** Where the edges lie, from whole hours. */
  offset: fc.constantFrom(0, 0, 90_000, 1),
  besides: fc.option(write),
});
const reopen = fc.record({ kind: fc.constant("reopen" as const) });
const forget = fc.record({ kind: fc.constant("forget" as const) });

/** Tries a store's rollups beside a list of what was stored. */
export function describeHistory({ name, skip, runs, forgets, open }: HistorySubject): void {
  describeUnless(skip, name, () => {
    it("is what the stored pulses say, whatever was rolled, late, twice, at once or removed", async () => {
      const writes = { weight: 5, arbitrary: write };
      const asks = { weight: 5, arbitrary: ask };
      const some = [writes, asks, ...[again, pass, reopen].map((arbitrary) => ({ weight: 2, arbitrary }))];
      const steps = fc.array(fc.oneof(...some, ...(forgets ? [{ weight: 1, arbitrary: forget }] : [])), {
        minLength: 4,
        maxLength: 25,
      });
      await fc.assert(
        fc.asyncProperty(steps, async (drawn) => {
          await new Model(open).run(drawn);
        }),
        { numRuns: runs, seed: SEED },
      );
    });
  });
}

type Drawn<A> = A extends fc.Arbitrary<infer T> ? T : never;
type Write = Drawn<typeof write>;
type Ask = Drawn<typeof ask>;
type Step = Write | Ask | Drawn<typeof again | typeof pass | typeof reopen | typeof forget>;

class Model {
  readonly #open: HistorySubject["open"];
  readonly #service = newService();
  #now = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - 20 * TIERS.minute;
  #pulses: Pulse[] = [];
  #store: HistoryStore | undefined;

  constructor(open: HistorySubject["open"]) {
    this.#open = open;
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      this.#store ??= await this.#open(() => this.#now);
      const current = this.#store;
      if (step.kind === "write") await this.#write(current, step);
      else if (step.kind === "again" && this.#pulses.length > 0)
        await store(current, [this.#pulses[step.which % this.#pulses.length] as Pulse]);
      else if (step.kind === "pass") this.#now += step.ms;
      else if (step.kind === "ask") await this.#ask(current, step);
      else if (step.kind === "reopen") {
        await current.close();
        this.#store = undefined;
      } else if (step.kind === "forget") {
        await current.forget([this.#service]);
        this.#pulses = [];
      }
    }
    await this.#store?.close();
  }

  async #write(to: HistoryStore, { late, stepMs, count, latency, status }: Write): Promise<void> {
    const pulses = Array.from({ length: count }, (_, i) =>
      pulseOf({
        service_name: this.#service,
        event_time: this.#now - late - i * stepMs,
        latency_ms: Math.min(MAX_LATENCY_MS, latency * (1 + (i % 7))),
        status,
      }),
    );
    await store(to, pulses);
    this.#pulses.push(...pulses);
  }

  async #ask(of: HistoryStore, { readers, span, offset, besides }: Ask): Promise<void> {
    const history = new History({
      reader: of,
      rollups: of.rollups,
      retentionMs: MODEL_RETENTION_MS,
      now: () => this.#now,
    });
    const [hours, parts] = span;
    const to = Math.ceil(this.#now / HOUR_MS) * HOUR_MS - offset;
    const length = (hours * HOUR_MS) / parts;
    const spans = Array.from({ length: parts }, (_, i): Span => {
      const from = to - (parts - i) * length;
      return { from, to: from + length };
    });
    const read = () => history.read(this.#service, spans);
    const together = Array.from({ length: readers }, read);
    // What comes while others read may or may not be in their answers, but must be in every later one.
    if (besides !== null) await Promise.all([...together, this.#write(of, besides)]);
    else for (const one of together) this.#compare(spans, await one);
    this.#compare(spans, await read());
  }

  #compare(spans: readonly Span[], { parts, statuses }: Awaited<ReturnType<History["read"]>>): void {
    const horizon = this.#now - MODEL_RETENTION_MS;
    const expectedStatuses = new StatusCounts();
    spans.forEach(({ from, to }, i) => {
      const within = this.#pulses.filter(({ event_time: time }) => time >= Math.max(from, horizon) && time < to);
      for (const { status } of within) expectedStatuses.add(status);
      expectFigures(parts[i] as SpanFigures, within);
    });
    expect(statuses.list()).toEqual(expectedStatuses.list());
  }
}

function expectFigures({ health, latencies }: SpanFigures, pulses: readonly Pulse[]): void {
  const sorted = pulses.map(({ latency_ms: latency }) => latency).sort((a, b) => a - b);
  const { count, min, max, mean } = latencies;
  const counts = HEALTHS.map((one) => [one, pulses.filter(({ status }) => healthOf(status) === one).length]);
  expect({ health, count, min, max }).toEqual({
    health: Object.fromEntries(counts),
    count: sorted.length,
    min: sorted[0],
    max: sorted.at(-1),
  });
  const sum = sorted.reduce((all, one) => all + one, 0);
  if (mean !== undefined) expect(Math.abs(mean * count - sum)).toBeLessThanOrEqual(sum * 1e-12 + 1e-9);
  for (const percent of [50, 95, 99]) {
    const exact = sorted[Math.ceil((percent * sorted.length) / 100) - 1];
    if (exact === undefined) continue;
    expect(Math.abs((latencies.percentile(percent) as number) - exact)).toBeLessThanOrEqual(exact * 0.01 + 1e-6);
  }
}
