import { type Health, healthOf } from "../events/health.ts";
import { BoundedMap } from "../storage/bounded-map.ts";
import { floorTo } from "../storage/tiers.ts";

/** The step of event time at whose ends health is judged: so replicas, a restart and a recomputation judge alike. */
export const CELL_MS = 10_000;

/** Different statuses that are counted in a cell: those that tell most, see {@link isBefore}. */
const MAX_SAID = 8;

/** By urgency. */
const TELLING: readonly Health[] = ["down", "degraded", "up"];

/** Says which health a status means: {@link healthOf}, where a service's settings do not say another. */
export type HealthOfStatus = (status: string) => Health;

interface Said {
  readonly status: string;
  readonly health: Health;
  count: number;
}

/** Of a cell's pulses of one health: how many, and when the first and the last of them came, in ms after its beginning. */
interface Tally {
  count: number;
  first: number;
  last: number;
}

/** Texts of newest statuses: most are said again and again. */
const STATUSES = new BoundedMap<string>(1000);
const NOTHING_SAID: readonly Said[] = Object.freeze([]);

/**
 * What is known of a service's pulses in a cell of event time: the same in any order of counting. pulse-health holds dozens for each
 * service, and one takes 120 bytes (72 and 48) where its pulses are up: what no pulse says takes no room, and no number is so large that V8 would
 * take another 16 bytes for it.
 */
export class HealthCell {
  /** How many cells of event time came before it. */
  readonly #number: number;
  /** Of each health that some of its pulses say. */
  up: Tally | undefined;
  degraded: Tally | undefined;
  down: Tally | undefined;
  unknown: Tally | undefined;
  #said: readonly Said[] = NOTHING_SAID;

  constructor(start: number) {
    this.#number = start / CELL_MS;
  }

  /** Epoch ms of its beginning. */
  get start(): number {
    return this.#number * CELL_MS;
  }

  /** The end, at which it is judged. */
  get end(): number {
    return this.start + CELL_MS;
  }

  get count(): number {
    return this.countOf("up") + this.countOf("degraded") + this.countOf("down") + this.countOf("unknown");
  }

  get firstTime(): number {
    return Math.min(this.firstOf("up"), this.firstOf("degraded"), this.firstOf("down"), this.firstOf("unknown"));
  }

  get lastTime(): number {
    return Math.max(this.lastOf("up"), this.lastOf("degraded"), this.lastOf("down"), this.lastOf("unknown"));
  }

  /** The statuses that do not mean `up`. */
  get said(): readonly Said[] {
    return this.#said;
  }

  countOf(health: Health): number {
    return this[health]?.count ?? 0;
  }

  /** Epoch ms of the first pulse of a health; infinity where there is none. */
  firstOf(health: Health): number {
    const tally = this[health];
    return tally === undefined ? Number.POSITIVE_INFINITY : this.start + tally.first;
  }

  /** Epoch ms of the last pulse of a health; negative infinity where there is none. */
  lastOf(health: Health): number {
    const tally = this[health];
    return tally === undefined ? Number.NEGATIVE_INFINITY : this.start + tally.last;
  }

  /** Counts one pulse, whose time lies in the cell. */
  add(time: number, status: string, healthOfStatus: HealthOfStatus = healthOf): void {
    const health = healthOfStatus(status);
    const tally = this[health];
    // As V8's small integer: what it computes from times it would keep as a double otherwise.
    const at = (time - this.start) | 0;
    if (tally === undefined) this[health] = { count: 1, first: at, last: at };
    else {
      tally.count++;
      if (at < tally.first) tally.first = at;
      if (at > tally.last) tally.last = at;
    }
    if (health !== "up") this.#said = saidWith(this.#said, status, health);
  }

  /**
   * The health of the newest pulse, the worst of several at one time, and that of the pulse before it where it is in the cell. Where
   * some pulses tell something, the others do not count.
   */
  newest(): [newest: Health, before: Health | undefined] {
    const [newest = "unknown", other] = TELLING.filter((health) => this[health] !== undefined).sort(
      (a, b) => this.lastOf(b) - this.lastOf(a),
    );
    const isSame = this.countOf(newest) > 1 && (other === undefined || this.firstOf(newest) > this.lastOf(other));
    return [newest, isSame ? newest : other];
  }
}

/**
 * One status more. What turns a status away is that eight others come before it, which stay: so those that stay have been counted
 * since they first came, whatever the order.
 */
function saidWith(said: readonly Said[], status: string, health: Health): readonly Said[] {
  const known = said.find((one) => one.status === status);
  if (known !== undefined) {
    known.count++;
    return said;
  }
  const one = { status: shared(status), health, count: 1 };
  if (said.length < MAX_SAID) return said.concat(one);
  const last = said.reduce((a, b) => (isBefore(a, b) ? b : a));
  return isBefore(last, one) ? said : said.filter((other) => other !== last).concat(one);
}

/** A store makes another string for each row. */
function shared(status: string): string {
  const known = STATUSES.get(status);
  if (known === undefined) STATUSES.set(status, status);
  return known ?? status;
}

/** Those that tell something come first. */
function isBefore(a: Said, b: Said): boolean {
  if ((a.health === "unknown") !== (b.health === "unknown")) return b.health === "unknown";
  return a.status < b.status;
}

/** Counts the pulses of a service, cell by cell, in any order. */
export class HealthCells {
  readonly #cells = new Map<number, HealthCell>();
  readonly #healthOfStatus: HealthOfStatus;

  constructor(healthOfStatus: HealthOfStatus = healthOf) {
    this.#healthOfStatus = healthOfStatus;
  }

  add(time: number, status: string): void {
    const start = floorTo(CELL_MS, time);
    let cell = this.#cells.get(start);
    if (cell === undefined) {
      cell = new HealthCell(start);
      this.#cells.set(start, cell);
    }
    cell.add(time, status, this.#healthOfStatus);
  }

  /** Those with a pulse, oldest first. */
  list(): HealthCell[] {
    return [...this.#cells.values()].sort((a, b) => a.start - b.start);
  }
}
