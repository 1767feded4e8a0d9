// Start here: what every adapter must keep, said once and run against the real thing. The tests share one store (a
// keyspace, a file) but no service: each test names its own. Siblings: subject.ts describes the adapter under test;
// writes.ts, reads.ts, latest.ts, model.ts, forgetting.ts, lifecycle.ts, rollups.ts,
// health.ts, health-memory.ts, set-services.ts, markers.ts, dead-letters.ts and dead-letter-lists.ts hold the tests.
import { afterAll, beforeAll } from "vitest";
import { describeUnless } from "../testing/describe-unless.ts";
import { describeDeadLetterLists } from "./dead-letter-lists.ts";
import { describeDeadLetters } from "./dead-letters.ts";
import { describeForgetting } from "./forgetting.ts";
import { describeHealth, type OpenHealthStore } from "./health.ts";
import { describeHealthMemory } from "./health-memory.ts";
import { describeLatest } from "./latest.ts";
import { describeLifecycle } from "./lifecycle.ts";
import { describeMarkers, type OpenMarkerStore } from "./markers.ts";
import { describeModel } from "./model.ts";
import { describeReads } from "./reads.ts";
import { describeRollups, type OpenRollupStore } from "./rollups.ts";
import { describeSetServices } from "./set-services.ts";
import type { Fixture, OpenDeadLetterStore, Opened, OpenPulseStore, Subject } from "./subject.ts";
import { describeWrites } from "./writes.ts";

/** The contract of `PulseWriter`, `PulseReader`, `PulseForgetter` and `StoreLifecycle`. */
export function describePulseStore(subject: Subject<OpenPulseStore>): void {
  describeSubject(subject, (fixture) => {
    describeWrites(fixture);
    describeReads(fixture);
    describeLatest(fixture);
    describeModel(fixture);
    describeForgetting(fixture);
    describeLifecycle(fixture);
  });
}

/** The contract of `RollupStore`, of a pulse store that has one. */
export function describeRollupStore(subject: Subject<OpenRollupStore>): void {
  describeSubject(subject, describeRollups);
}

/** The contract of `HealthStore`, of a pulse store that has one. */
export function describeHealthStore(subject: Subject<OpenHealthStore>): void {
  describeSubject(subject, (fixture) => {
    describeHealth(fixture);
    describeHealthMemory(fixture);
    describeSetServices(fixture);
  });
}

/** The contract of `MarkerStore`, of a pulse store that has one. */
export function describeMarkerStore(subject: Subject<OpenMarkerStore>): void {
  describeSubject(subject, describeMarkers);
}

/** The contract of `DeadLetterStore` and `StoreLifecycle`. */
export function describeDeadLetterStore(subject: Subject<OpenDeadLetterStore>): void {
  describeSubject(subject, (fixture) => {
    describeDeadLetters(fixture);
    describeDeadLetterLists(fixture);
  });
}

function describeSubject<S>(subject: Subject<S>, describeParts: (fixture: Fixture<S>) => void): void {
  describeUnless(subject.skip, subject.name, () => {
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
    describeParts({
      get store(): S {
        if (shared === undefined) throw new Error("Expected the store to be used inside a test");
        return shared.store;
      },
      propertyRuns: subject.propertyRuns ?? 25,
      isTimePartOfIdentity: subject.isTimePartOfIdentity ?? false,
      open,
    });
  });
}
