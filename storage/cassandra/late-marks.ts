// Marks for the hours of late pulses; storage/marks.ts says what they are for. In SQLite a row and its mark are one transaction.
// Here nothing spans partitions and no clock is common, so the order does it:
//
// 1. A row is written, and at a quorum. Then the writer reads its clock, and marks the hour if its pulse is late by then. Then it
//    answers. A process that dies in between has not answered: the event comes again, and leaves the mark.
// 2. A pulse is late when it is older than half of the sealing delay; what is rolled is older than all of it. So a pulse
//    without a mark was stored before anybody began to read for a rollup, as long as the clocks of two processes are less
//    than half of the delay apart. Which one is ahead does not matter: the writer read its clock after the write.
// 3. Value and write time of a mark are one number that never falls in a process. A reader that sees it reads rows that were
//    written before it was drawn, and those of every smaller one.
import { randomUUID } from "node:crypto";
import { types } from "cassandra-driver";
import { floorTo, HOUR_MS, TIERS } from "../tiers.ts";
import type { Cql } from "./cql.ts";
import { ttlSeconds } from "./pulse-row.ts";

export interface LateMarksOptions {
  keyspace: string;
  /** Pulses are rolled up once they are this old. */
  sealAfterMs: number;
  now(): number;
  /** The oldest time that is still shown. */
  horizon(): number;
}

/** Writes marks of one process. */
export class LateMarks {
  readonly #options: LateMarksOptions;
  readonly #insert: string;
  readonly #writer = types.Uuid.fromString(randomUUID());
  #last = 0;

  constructor(options: LateMarksOptions) {
    this.#options = options;
    this.#insert = `INSERT INTO ${options.keyspace}.pulse_marks_by_service (service_name, hour, writer, mark) VALUES (?, ?, ?, ?) USING TTL ? AND TIMESTAMP ?`;
  }

  /** Marks the hours of times at which rows were written or removed, as far as these are late by now. */
  async markLate(client: Cql, service: string, times: Iterable<number>): Promise<void> {
    const late = this.#options.now() - this.#options.sealAfterMs / 2;
    const hours = new Set<number>();
    for (const time of times) if (time < late) hours.add(floorTo(HOUR_MS, time));
    if (hours.size > 0) await this.mark(client, service, hours);
  }

  /** Marks hours, given by their beginning. */
  async mark(client: Cql, service: string, hours: Iterable<number>): Promise<void> {
    const { now, horizon } = this.#options;
    this.#last = Math.max(this.#last + 1, now() * 1000);
    const mark = this.#last;
    const writes = Array.from(hours, (hour) => {
      // Until no day that holds the hour is read any more.
      const ttl = ttlSeconds(hour + 2 * TIERS.day, horizon());
      const params = [service, hour, this.#writer, types.Long.fromNumber(mark), ttl, mark];
      return ttl > 0 && client.execute(this.#insert, params);
    });
    await Promise.all(writes);
  }
}
