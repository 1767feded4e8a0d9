// What every adapter must keep, said once and run against the real thing. The tests share one store (a keyspace, a file)
// and never its services: each takes names of its own. Siblings: contract-writes.ts, contract-reads.ts, contract-latest.ts,
// contract-model.ts, contract-life.ts and contract-dead-letters.ts hold the tests, contract-data.ts the pulses and letters.
import { afterAll, beforeAll, describe } from "vitest";
import type { DeadLetterStore, PulseReader, PulseWriter, StoreLifecycle } from "../ports.ts";
import { describeLetters } from "./dead-letters.ts";
import { describeLatest } from "./latest.ts";
import { describeLife } from "./life.ts";
import { describeModel } from "./model.ts";
import { describeReads } from "./reads.ts";
import { describeWrites } from "./writes.ts";

/** A pulse store as its adapter opens it. */
export type PulseStore = PulseWriter & PulseReader & StoreLifecycle;
/** A dead-letter store as its adapter opens it. */
export type LetterStore = DeadLetterStore & StoreLifecycle;

/** An open store and the way to open the same data once more. */
export interface Opened<S> {
  store: S;
  /** Opens another handle on the same data, whether or not the first is closed. The caller closes it. */
  reopen(): Promise<S>;
  /** Closes every handle that is still open and removes the data. */
  dispose(): Promise<void>;
}

/** An adapter under test. */
export interface Subject<S> {
  name: string;
  /** Opens a store that is ready for use; its retention is 30 days unless given. */
  open(options: { retentionMs?: number }): Promise<Opened<S>>;
  /** Why the tests cannot run here; it stands in the report. */
  skip?: string | undefined;
  /** How often a property is tried. @default 25 */
  propertyRuns?: number;
}

/** What the tests of one part of the contract work with. */
export interface Bench<S> {
  /** The store that all tests share. */
  readonly store: S;
  readonly propertyRuns: number;
  /** A store of the test's own; it is disposed of at the end. */
  open(options?: { retentionMs?: number }): Promise<Opened<S>>;
}

/** The contract of {@link PulseWriter}, {@link PulseReader} and {@link StoreLifecycle}. */
export function describePulseStore(subject: Subject<PulseStore>): void {
  describeSubject(subject, (bench) => {
    describeWrites(bench);
    describeReads(bench);
    describeLatest(bench);
    describeModel(bench);
    describeLife(bench);
  });
}

/** The contract of {@link DeadLetterStore} and {@link StoreLifecycle}. */
export function describeDeadLetterStore(subject: Subject<LetterStore>): void {
  describeSubject(subject, describeLetters);
}

function describeSubject<S>(subject: Subject<S>, tests: (bench: Bench<S>) => void): void {
  const title = subject.skip === undefined ? subject.name : `${subject.name} (skipped: ${subject.skip})`;
  describe.skipIf(subject.skip !== undefined)(title, () => {
    const opened: Opened<S>[] = [];
    const open = async (options: { retentionMs?: number } = {}) => {
      const one = await subject.open(options);
      opened.push(one);
      return one;
    };
    let shared: Opened<S> | undefined;
    beforeAll(async () => {
      shared = await open();
    }, 120_000);
    afterAll(async () => {
      for (const one of opened) await one.dispose();
    }, 60_000);
    tests({
      get store(): S {
        if (shared === undefined) throw new Error("Expected the store to be used inside a test");
        return shared.store;
      },
      propertyRuns: subject.propertyRuns ?? 25,
      open,
    });
  });
}
