import { type Health, healthOf } from "../events/health.ts";
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

/** What is known of a service's pulses in a cell of event time: the same in any order of counting. */
export class HealthCell {
  /** Epoch ms of its beginning. */
  readonly start: number;
  readonly counts: Record<Health, number> = { up: 0, degraded: 0, down: 0, unknown: 0 };
  /** Epoch ms of the first and the last pulse of each health. */
  readonly first: Record<Health, number> = { up: Infinity, degraded: Infinity, down: Infinity, unknown: Infinity };
  readonly last: Record<Health, number> = { up: -Infinity, degraded: -Infinity, down: -Infinity, unknown: -Infinity };
  /** The statuses that do not mean `up`. */
  readonly said: Said[] = [];

  constructor(start: number) {
    this.start = start;
  }

  /** The end, at which it is judged. */
  get end(): number {
    return this.start + CELL_MS;
  }

  get count(): number {
    const { up, degraded, down, unknown } = this.counts;
    return up + degraded + down + unknown;
  }

  get firstTime(): number {
    const { up, degraded, down, unknown } = this.first;
    return Math.min(up, degraded, down, unknown);
  }

  get lastTime(): number {
    const { up, degraded, down, unknown } = this.last;
    return Math.max(up, degraded, down, unknown);
  }

  /** Counts one pulse, whose time lies in the cell. */
  add(time: number, status: string, healthOfStatus: HealthOfStatus = healthOf): void {
    const health = healthOfStatus(status);
    this.counts[health]++;
    if (time < this.first[health]) this.first[health] = time;
    if (time > this.last[health]) this.last[health] = time;
    if (health !== "up") this.#say(status, health);
  }

  /**
   * The health of the newest pulse, the worst of several at one time, and that of the pulse before it where it is in the cell. Where
   * some pulses tell something, the others do not count.
   */
  newest(): [newest: Health, before: Health | undefined] {
    const [newest = "unknown", other] = TELLING.filter((health) => this.counts[health] > 0).sort(
      (a, b) => this.last[b] - this.last[a],
    );
    const isSame = this.counts[newest] > 1 && (other === undefined || this.first[newest] > this.last[other]);
    return [newest, isSame ? newest : other];
  }

  /**
   * What turns a status away is that eight others come before it, which stay: so those that stay have been counted since they
   * first came, whatever the order.
   */
  #say(status: string, health: Health): void {
    const { said } = this;
    const known = said.find((one) => one.status === status);
    if (known !== undefined) {
      known.count++;
      return;
    }
    const one = { status, health, count: 1 };
    if (said.length === MAX_SAID) {
      const last = said.reduce((a, b) => (isBefore(a, b) ? b : a));
      if (isBefore(last, one)) return;
      said.splice(said.indexOf(last), 1);
    }
    said.push(one);
  }
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
