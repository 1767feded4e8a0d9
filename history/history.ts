// Start here: what is known of a service's past. A rollup (rollup.ts) is all that is known of the pulses of a minute, an hour or a
// day, in some hundred bytes. plan.ts says which rollups answer a question and what is left to read from the pulses.
//
// A rollup is a cache that knows what it has seen (storage/marks.ts); pulses stay the truth. Who finds one missing reads its
// pulses and keeps it. So an answer is the same whatever was rolled, when and by how many at once: rolling only makes it fast.
import { setImmediate as nextLoop } from "node:timers/promises";
import { seenOf } from "../storage/marks.ts";
import type { KeptRollup, Marks, PulseReader, RollupStore } from "../storage/ports.ts";
import type { Span } from "../storage/span.ts";
import { floorTo, TIERS, type Tier } from "../storage/tiers.ts";
import { EXACT_UP_TO, LEAST_PULSES } from "./limits.ts";
import { inPieces } from "./pieces.ts";
import { finerOf, minutesOf, planOf, runsOf, type Slot } from "./plan.ts";
import { isFrozen, isReadable, Rollup, SpanFigures } from "./rollup.ts";
import { StatusCounts } from "./status-counts.ts";

export interface HistoryOptions {
  reader: Pick<PulseReader, "measures">;
  /** Without them, every answer reads all pulses of its span. */
  rollups?: RollupStore | undefined;
  retentionMs: number;
  /** A rollup of fewer pulses is not kept: they are read as fast. @default LEAST_PULSES */
  leastPulses?: number;
  /** Epoch ms. */
  now: () => number;
}

export interface SpansRead {
  /** The figures of each span, in the order of asking. */
  parts: SpanFigures[];
  /** Of all of them. */
  statuses: StatusCounts;
}

const ROLLUPS_AT_ONCE = 1000;
const KEPT_AT_ONCE = 100;

/** How an answer shares the process with others. */
export interface Share {
  signal?: AbortSignal;
  /** Resolves when the next piece may be read: a store in this process gives piece after piece without a pause. */
  nextTurn?: () => Promise<void>;
}

/** One question, while it is answered. */
interface Question {
  service: string;
  marks: Marks;
  signal: AbortSignal | undefined;
  nextTurn: () => Promise<void>;
}

export class History {
  readonly #options: HistoryOptions;

  constructor(options: HistoryOptions) {
    this.#options = options;
  }

  get #leastPulses(): number {
    return this.#options.leastPulses ?? LEAST_PULSES;
  }

  /** From when on every pulse of a span is there: its beginning, or where whole days of the past end. */
  exactFromOf({ from }: Span): number {
    const horizon = this.#options.now() - this.#options.retentionMs;
    // The edge moves on between the question and the look at it.
    return from >= horizon - TIERS.minute ? from : -floorTo(TIERS.day, -horizon);
  }

  /**
   * What is known of a service in spans that follow each other, in memory that does not grow with the number of pulses. All that
   * was stored before the call is in it. Before `exactFrom`, the beginning of a day, whole days are told as they were known.
   * @throws once the signal aborts
   */
  async read(service: string, spans: readonly Span[], share: Share & { exactFrom?: number } = {}): Promise<SpansRead> {
    const { known, slots, plan, question } = await this.#readRolled(service, spans, share);
    const isSettled = slots.some(({ isPast }) => isPast) || known.parts.every(({ latencies }) => latencies.isExact);
    if (isSettled || countOf(known) > EXACT_UP_TO) return known;
    // Of few pulses each one counts: a rollup knows percentiles within 1 %, the pulses know them exactly.
    return this.#readSlots(question, planOf(spans, { ...plan, sealedUntil: Number.NEGATIVE_INFINITY }), spans.length);
  }

  /** Makes the rollups of a span that are missing. @throws once the signal aborts */
  async roll(service: string, span: Span, share: Share = {}): Promise<void> {
    await this.#readRolled(service, [span], share);
  }

  /** Epoch ms: where the minutes end that may be rolled by now. */
  async sealedUntil(): Promise<number> {
    return (await this.#options.rollups?.sealedUntil()) ?? Number.NEGATIVE_INFINITY;
  }

  /**
   * Makes the rollups that are missing of the minutes that begin at a whole one and may be rolled by now.
   * @returns where the last of them ends, and how many pulses they have @throws once the signal aborts
   */
  async rollMinutes(service: string, from: number, share: Share = {}): Promise<{ until: number; pulses: number }> {
    const until = await this.sealedUntil();
    if (until <= from) return { until: from, pulses: 0 };
    const { known } = await this.#readRolled(service, minutesOf({ from, to: until }), share);
    return { until, pulses: countOf(known) };
  }

  async #readRolled(
    service: string,
    spans: readonly Span[],
    { signal, nextTurn = nextLoop, exactFrom = Number.NEGATIVE_INFINITY }: Share & { exactFrom?: number },
  ) {
    const { rollups, retentionMs } = this.#options;
    const now = this.#options.now();
    // In this order: what is stored from now on of what may be rolled leaves a mark, and marks are read before pulses.
    const sealedUntil = await this.sealedUntil();
    const plan = { now, horizon: now - retentionMs, sealedUntil, exactFrom };
    const slots = planOf(spans, plan);
    const [first, last] = [slots.find(hasTier), slots.findLast(hasTier)];
    const marked = first !== undefined && last !== undefined && { from: first.from, to: last.to };
    const marks = marked && rollups !== undefined ? await rollups.marks(service, marked) : new Map();
    const question = { service, marks, signal, nextTurn: inPieces(nextTurn) };
    return { known: await this.#readSlots(question, slots, spans.length), slots, plan, question };
  }

  async #readSlots(question: Question, slots: readonly Slot[], partCount: number): Promise<SpansRead> {
    const parts = Array.from({ length: partCount }, () => new SpanFigures());
    const statuses = new StatusCounts();
    const targets = parts.map((figures) => new Rollup(figures, statuses));
    await this.#gather(question, slots, targets);
    return { parts, statuses };
  }

  /** Adds each slot to the target of its part. */
  async #gather(question: Question, slots: readonly Slot[], targets: readonly Rollup[]): Promise<void> {
    const unknown: Slot[] = [];
    const isSame = (a: Slot, b: Slot) => a.tier === b.tier && a.isPast === b.isPast;
    for (const run of runsOf(slots, ROLLUPS_AT_ONCE, isSame)) {
      const known = await this.#list(question, run);
      for (const slot of run) {
        const value = known.get(slot.from) ?? (await this.#rollUp(question, slot));
        if (value === undefined) unknown.push(...(slot.isPast ? this.#leftOf(slot) : [slot]));
        else targets[slot.part]?.addFrozen(value);
      }
    }
    for (const run of runsOf(unknown, Number.POSITIVE_INFINITY, () => true)) {
      await this.#readPulses(question, run, targets);
    }
  }

  /** The rollups of a run of slots that have seen every mark, by their beginning. */
  async #list({ service, marks, signal, nextTurn }: Question, run: readonly Slot[]): Promise<Map<number, Uint8Array>> {
    const known = new Map<number, Uint8Array>();
    const [first, last] = [run[0], run.at(-1)];
    const { rollups } = this.#options;
    if (rollups === undefined || first?.tier === undefined || last === undefined) return known;
    const kept = await rollups.list(service, first.tier, { from: first.from, to: last.to });
    const length = first.to - first.from;
    for (const { start, seen, value } of kept) {
      const isRight = seen === seenOf(marks, { from: start, to: start + length }) && isFrozen(value);
      if (first.isPast ? isReadable(value) : isRight) known.set(start, value);
    }
    await nextTurn();
    signal?.throwIfAborted();
    return known;
  }

  /** What the pulses still tell of a day that is not known. */
  #leftOf({ from, to, part }: Slot): Slot[] {
    const horizon = this.#options.now() - this.#options.retentionMs;
    return horizon < to ? [{ from: Math.max(from, horizon), to, part }] : [];
  }

  /** Makes a rollup of finer ones, where it can be made of them. */
  async #rollUp(question: Question, slot: Slot): Promise<Uint8Array | undefined> {
    const finer = finerOf(slot, this.#options.now());
    if (slot.tier === undefined || finer === undefined) return undefined;
    const whole = new Rollup();
    await this.#gather(question, finer, [whole]);
    const value = whole.freeze();
    if (whole.count >= (slot.tier === "day" ? 1 : this.#leastPulses))
      await this.#keep(question, slot.tier, [keptOf(question, slot, value)]);
    return value;
  }

  /** Reads the pulses of slots that lie beside each other, and keeps rollups of those that have a tier. */
  async #readPulses(question: Question, run: readonly Slot[], targets: readonly Rollup[]): Promise<void> {
    const [first, last] = [run[0], run.at(-1)];
    if (first === undefined || last === undefined) return;
    let at = run.length - 1;
    let slot = last;
    let rollup = beginOf(slot, targets);
    let made: KeptRollup[] = [];
    let madeTier: Tier | undefined;
    const finish = async () => {
      if (slot.tier === undefined || rollup.count === 0) return;
      const value = rollup.freeze();
      targets[slot.part]?.addFrozen(value);
      if (rollup.count < this.#leastPulses) return;
      if (madeTier !== undefined && (madeTier !== slot.tier || made.length === KEPT_AT_ONCE)) {
        await this.#keep(question, madeTier, made);
        made = [];
      }
      madeTier = slot.tier;
      made.push(keptOf(question, slot, value));
    };
    // Newest first, as the pulses come.
    for await (const chunk of this.#options.reader.measures(question.service, { from: first.from, to: last.to })) {
      question.signal?.throwIfAborted();
      for (const [time, latency, status] of chunk) {
        if (time < slot.from) {
          await finish();
          while (time < slot.from) slot = run[--at] as Slot;
          rollup = beginOf(slot, targets);
        }
        rollup.add(latency, status);
      }
      await question.nextTurn();
    }
    question.signal?.throwIfAborted();
    await finish();
    if (madeTier !== undefined) await this.#keep(question, madeTier, made);
  }

  async #keep({ service, marks }: Question, tier: Tier, made: readonly KeptRollup[]): Promise<void> {
    await this.#options.rollups?.keep(service, tier, made, marks);
  }
}

function countOf({ parts }: SpansRead): number {
  return parts.reduce((sum, { latencies }) => sum + latencies.count, 0);
}

function hasTier({ tier }: Slot): boolean {
  return tier !== undefined;
}

/** Where the pulses of a slot are added up. */
function beginOf({ tier, part }: Slot, targets: readonly Rollup[]): Rollup {
  return tier === undefined ? (targets[part] as Rollup) : new Rollup();
}

function keptOf({ marks }: Question, slot: Slot, value: Uint8Array): KeptRollup {
  return { start: slot.from, seen: seenOf(marks, slot), value };
}
