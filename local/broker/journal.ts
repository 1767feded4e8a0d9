// Group commit: everything that comes up in one turn of the event loop goes to disk in one transaction, and is answered
// after it. While the disk is busy more comes up, so that the batch grows with the load and no timer is needed. What was
// delivered is noted in the next transaction, or soon: losing that note means a redelivery, which subscribers bear.
import type { Logger } from "pino";
import type { CloudEvent } from "../../events/cloud-event.ts";
import type { BrokerDatabase, StoredEvent } from "./broker-database.ts";
import type { DeadLetterFacts } from "./dead-letter.ts";

/** What became of an event that was to be stored. */
export type AddOutcome = { kind: "stored"; stored: StoredEvent } | { kind: "full" } | { kind: "failed" };

/** An event with the lanes that want it; `done` is called once, after the disk has it or refuses it. */
export interface NewEvent {
  event: CloudEvent;
  ttl: number;
  /** At least one. */
  lanes: readonly number[];
  /** What it brings, attributes and data. */
  bytes: number;
  done: (outcome: AddOutcome) => void;
}

/** What became of a delivery. A reply enters in the same transaction in which its cause leaves. */
export type Settlement =
  | { kind: "finished"; lane: number; stored: StoredEvent; reply?: NewEvent }
  | { kind: "retry"; lane: number; event: number; attempts: number; due: number }
  | { kind: "moved"; lane: number; event: number; to: number; due: number; facts: DeadLetterFacts };

export interface JournalOptions {
  database: BrokerDatabase;
  logger: Logger;
  onCommit?: (seconds: number) => void;
}

const SETTLE_DELAY_MS = 50;
const RETRY_DELAY_MS = 1000;
/** Keys, and the share of a page that stays empty. */
const ROW_BYTES = 256;
const PAGE_BYTES = 4096;

export class Journal {
  readonly #options: JournalOptions;
  #adds: NewEvent[] = [];
  #settlements: Settlement[] = [];
  #isCommitDue = false;
  #timer: NodeJS.Timeout | undefined;
  /** True while the disk refuses what must be written: deliveries rest meanwhile. */
  isFailing = false;
  /** Called when the disk takes writes again. */
  onRecovered: () => void = () => undefined;

  constructor(options: JournalOptions) {
    this.#options = options;
  }

  /** Stores an event for the lanes that want it. */
  add(event: NewEvent): void {
    this.#adds.push(event);
    if (this.#isCommitDue) return;
    this.#isCommitDue = true;
    setImmediate(() => {
      this.#isCommitDue = false;
      this.flush();
    });
  }

  /** Notes what became of a delivery. */
  settle(settlement: Settlement): void {
    this.#settlements.push(settlement);
    this.#timer ??= setTimeout(() => this.flush(), this.isFailing ? RETRY_DELAY_MS : SETTLE_DELAY_MS);
  }

  /** Whether an event of this size would be taken. */
  hasRoom(bytes: number): boolean {
    return costOf(bytes) <= this.#options.database.freeBytes();
  }

  /** Writes all that waits. @returns false when the disk did not take it. */
  flush(): boolean {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const adds = this.#adds;
    const settlements = this.#settlements;
    if (adds.length === 0 && settlements.length === 0) return !this.isFailing;
    this.#adds = [];
    this.#settlements = [];
    const startedAt = performance.now();
    const outcomes = this.#commit(settlements, adds);
    this.#options.onCommit?.((performance.now() - startedAt) / 1000);
    for (const { event, outcome } of outcomes) event.done(outcome);
    return !this.isFailing;
  }

  #commit(settlements: Settlement[], adds: NewEvent[]): { event: NewEvent; outcome: AddOutcome }[] {
    const { database } = this.#options;
    const outcomes: { event: NewEvent; outcome: AddOutcome }[] = [];
    const insert = (event: NewEvent) => {
      const stored = database.insert(event.event, event.ttl, event.lanes);
      outcomes.push({ event, outcome: { kind: "stored", stored } });
    };
    try {
      database.transaction(() => {
        for (const settlement of settlements) this.#apply(settlement, insert);
        let room = adds.length === 0 ? 0 : database.freeBytes();
        for (const event of adds) {
          const cost = costOf(event.bytes);
          if (cost > room) outcomes.push({ event, outcome: { kind: "full" } });
          else {
            room -= cost;
            insert(event);
          }
        }
      });
    } catch (error) {
      this.#options.logger.error({ err: error }, "the disk did not take events: they are refused for now");
      const refused = adds.map((event) => ({ event, outcome: { kind: "failed" } as const }));
      // Perhaps it was the new events that found no place: what makes room must not wait for them.
      if (adds.length === 0) this.#setFailing(settlements);
      else if (settlements.length > 0) return [...this.#commit(settlements, []), ...refused];
      return refused;
    }
    if (this.isFailing) {
      this.isFailing = false;
      this.#options.logger.info("the disk takes events again");
      setImmediate(this.onRecovered);
    }
    return outcomes;
  }

  #setFailing(settlements: Settlement[]): void {
    this.isFailing = true;
    this.#settlements = [...settlements, ...this.#settlements];
    this.#timer ??= setTimeout(() => this.flush(), RETRY_DELAY_MS);
  }

  #apply(settlement: Settlement, insert: (event: NewEvent) => void): void {
    const { database } = this.#options;
    switch (settlement.kind) {
      case "finished":
        database.finish(settlement.lane, settlement.stored);
        if (settlement.reply !== undefined) insert(settlement.reply);
        break;
      case "retry":
        database.retry(settlement.lane, settlement.event, settlement.attempts, settlement.due);
        break;
      case "moved":
        database.move(settlement.lane, settlement.event, settlement.to, settlement.due, settlement.facts);
        break;
    }
  }

  /** Writes what waits, for the last time. */
  close(): void {
    this.flush();
    clearTimeout(this.#timer);
  }
}

function costOf(bytes: number): number {
  // A larger row goes on in pages of its own.
  return ROW_BYTES + (bytes < PAGE_BYTES / 2 ? bytes : (Math.ceil(bytes / PAGE_BYTES) + 1) * PAGE_BYTES);
}
