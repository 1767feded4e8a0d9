// Group commit: all events of one turn of the event loop go to disk in one transaction, and are answered after it. While
// the disk is busy more events arrive, so the batch grows with the load and needs no timer. Finished deliveries are
// written with the next events, or after SETTLE_DELAY_MS: to lose that means a redelivery, which subscribers expect.
import type { Logger } from "pino";
import type { CloudEvent } from "../../events/cloud-event.ts";
import type { BrokerDatabase, StoredEvent } from "./broker-database.ts";
import type { DeadLetterFacts } from "./dead-letter.ts";

/** Whether an event was stored. `isDefect` where not the disk is at fault but this program. */
export type AddOutcome =
  | { kind: "stored"; stored: StoredEvent }
  | { kind: "full" }
  | { kind: "failed"; isDefect: boolean };

/** An event and the queues that take it. The journal calls `done` once, when the disk has the event or refused it. */
export interface NewEvent {
  event: CloudEvent;
  ttl: number;
  /** At least one. */
  queues: readonly number[];
  /** Of its attributes and data. */
  bytes: number;
  done: (outcome: AddOutcome) => void;
}

/** How a delivery ended. A reply enters in the same transaction in which its cause leaves. */
export type Settlement =
  | { kind: "finished"; queue: number; stored: StoredEvent; reply?: NewEvent }
  | { kind: "retry"; queue: number; event: number; attempts: number; due: number }
  | { kind: "moved"; queue: number; event: number; to: number; due: number; facts: DeadLetterFacts };

export interface JournalOptions {
  database: BrokerDatabase;
  logger: Logger;
  onCommit?: (seconds: number) => void;
}

const SETTLE_DELAY_MS = 50;
const RETRY_DELAY_MS = 1000;
/** For keys, and the share of a page that stays empty. */
const ROW_BYTES = 256;
const PAGE_BYTES = 4096;

export class Journal {
  readonly #options: JournalOptions;
  #adds: NewEvent[] = [];
  #settlements: Settlement[] = [];
  /** What the replies among them will take of the quota. */
  #replyBytes = 0;
  #isCommitDue = false;
  #timer: NodeJS.Timeout | undefined;
  /** True while ended deliveries cannot be written; no delivery begins meanwhile. */
  isFailing = false;
  /** The journal calls this when they can be again. */
  onRecovered: () => void = () => undefined;

  constructor(options: JournalOptions) {
    this.#options = options;
  }

  /** Stores an event for its queues. */
  add(event: NewEvent): void {
    this.#adds.push(event);
    if (this.#isCommitDue) return;
    this.#isCommitDue = true;
    setImmediate(() => {
      this.#isCommitDue = false;
      this.flush();
    });
  }

  /** Records how a delivery ended. */
  settle(settlement: Settlement): void {
    this.#settlements.push(settlement);
    if (settlement.kind === "finished" && settlement.reply !== undefined) {
      this.#replyBytes += costOf(settlement.reply.bytes);
    }
    this.#timer ??= setTimeout(() => this.flush(), this.isFailing ? RETRY_DELAY_MS : SETTLE_DELAY_MS);
  }

  /** Whether the quota has room for a reply of this size, besides those that wait to be written. */
  hasRoom(bytes: number): boolean {
    return this.#replyBytes + costOf(bytes) <= this.#options.database.freeBytes();
  }

  /** Writes everything that waits. @returns false when it could not */
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
      const stored = database.insert(event.event, event.ttl, event.queues);
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
      const isDefect = !isOfSqlite(error);
      const what = isDefect ? "events were not written: this is a defect" : "the disk did not take events";
      this.#options.logger.error({ err: error }, `${what}; they are refused for now`);
      const refused = adds.map((event) => ({ event, outcome: { kind: "failed", isDefect } as const }));
      // Perhaps only the new events found no room: ended deliveries, which make room, must not wait for them.
      if (adds.length === 0) this.#setFailing(settlements);
      else if (settlements.length > 0) return [...this.#commit(settlements, []), ...refused];
      return refused;
    }
    this.#replyBytes = 0;
    if (this.isFailing) {
      this.isFailing = false;
      this.#options.logger.info("events are written again");
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
        database.finish(settlement.queue, settlement.stored);
        if (settlement.reply !== undefined) insert(settlement.reply);
        break;
      case "retry":
        database.retry(settlement.queue, settlement.event, settlement.attempts, settlement.due);
        break;
      case "moved":
        database.move(settlement.queue, settlement.event, settlement.to, settlement.due, settlement.facts);
        break;
    }
  }

  /** Writes everything that waits, for the last time. */
  close(): void {
    this.flush();
    clearTimeout(this.#timer);
  }
}

/** SQLite's errors have its result code; without one, the error is of our own code, or of node:sqlite on what that gave it. */
function isOfSqlite(error: unknown): boolean {
  return typeof (error as { errcode?: unknown } | undefined)?.errcode === "number";
}

function costOf(bytes: number): number {
  // A larger row continues in separate pages.
  return ROW_BYTES + (bytes < PAGE_BYTES / 2 ? bytes : (Math.ceil(bytes / PAGE_BYTES) + 1) * PAGE_BYTES);
}
