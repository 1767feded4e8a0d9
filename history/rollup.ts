import { HEALTH_RULES, HEALTHS, type Health } from "../events/health.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";
import { Latencies } from "./latencies.ts";
import { StatusCounts } from "./status-counts.ts";
import { hashOf } from "./text-hash.ts";

/** Raised when the bytes of a rollup change. */
const FORMAT = 1;
/** By which rules its healths were counted. */
const RULES = hashOf(HEALTH_RULES);

/** How many pulses of a span had each health, and their latencies. */
export class SpanFigures {
  readonly health = Object.fromEntries(HEALTHS.map((health) => [health, 0])) as Record<Health, number>;
  readonly latencies = new Latencies();

  add(latency: number, health: Health): void {
    this.health[health]++;
    this.latencies.add(latency);
  }

  merge(other: SpanFigures): void {
    for (const health of HEALTHS) this.health[health] += other.health[health];
    this.latencies.merge(other.latencies);
  }

  write(to: ByteWriter): void {
    for (const health of HEALTHS) to.whole(this.health[health]);
    this.latencies.write(to);
  }

  /** Adds what was written of another. */
  addFrom(from: ByteReader): void {
    for (const health of HEALTHS) this.health[health] += from.whole();
    this.latencies.addFrom(from);
  }
}

/** All that is known of some pulses: what a rollup keeps. It is the same in any order of adding. */
export class Rollup {
  readonly figures: SpanFigures;
  readonly statuses: StatusCounts;

  constructor(figures = new SpanFigures(), statuses = new StatusCounts()) {
    this.figures = figures;
    this.statuses = statuses;
  }

  get count(): number {
    return this.figures.latencies.count;
  }

  add(latency: number, status: string): void {
    this.figures.add(latency, this.statuses.add(status));
  }

  /** As bytes, which are the same for the same pulses. */
  freeze(): Uint8Array {
    const to = new ByteWriter();
    to.whole(FORMAT);
    to.whole(RULES);
    this.figures.write(to);
    this.statuses.write(to);
    return to.finish();
  }

  /** Adds a frozen one. */
  addFrozen(bytes: Uint8Array): void {
    const from = new ByteReader(bytes);
    from.whole();
    from.whole();
    this.figures.addFrom(from);
    this.statuses.addFrom(from);
  }
}

/** Whether bytes have today's format and rules. A rollup with others is made again, from its pulses. */
export function isFrozen(bytes: Uint8Array): boolean {
  return bytes[0] === FORMAT && new ByteReader(bytes.subarray(1)).whole() === RULES;
}

/** Whether bytes can be read, although their healths may be by the rules of another time. */
export function isReadable(bytes: Uint8Array): boolean {
  return bytes[0] === FORMAT;
}
