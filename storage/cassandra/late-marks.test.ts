import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seenOf } from "../marks.ts";
import { HOUR_MS } from "../tiers.ts";
import type { Cql } from "./cql.ts";
import { LateMarks } from "./late-marks.ts";

// The same cases in every run: a failure can be repeated anywhere.
fc.configureGlobal({ seed: 20_261_207 });

const SEAL_MS = 120_000;
const HOUR = { from: 0, to: HOUR_MS };
const QUORUM = 2;

// A model of three replicas, weaker than Cassandra: each gets a message at another moment, in any order, and repairs nothing.
class Replica {
  readonly rows = new Set<string>();
  readonly marks = new Map<string, number>();
}

/** Replicas, processes that write and roll, and their clocks: at any moment two of these are less than half of the delay apart. */
class World {
  readonly replicas = [new Replica(), new Replica(), new Replica()];
  readonly acknowledged: string[] = [];
  /** What answers are made of: a rollup, and which marks it has seen. */
  kept: { seen: string; rows: ReadonlySet<string> } | undefined;
  now = HOUR_MS;
  readonly #scheduler: fc.Scheduler;

  constructor(scheduler: fc.Scheduler) {
    this.#scheduler = scheduler;
  }

  step(label: string): Promise<void> {
    return this.#scheduler.schedule(Promise.resolve(), label);
  }

  /** Resolves when a quorum has done it; the others do it later. */
  #ask<T>(what: (replica: Replica) => T): Promise<T[]> {
    return new Promise((resolve) => {
      const answers: T[] = [];
      for (const [i, replica] of this.replicas.entries()) {
        void this.step(`replica ${i}`).then(() => {
          answers.push(what(replica));
          if (answers.length === QUORUM) resolve([...answers]);
        });
      }
    });
  }

  /** A writer with its clock, which ends after some of its steps. */
  async write(id: string, time: number, skewMs: number, stepsToLive: number): Promise<void> {
    const client = {
      execute: (_: string, [, , writer, , , mark]: [unknown, unknown, unknown, unknown, unknown, number]) =>
        this.#ask(({ marks }) => marks.set(String(writer), Math.max(mark, marks.get(String(writer)) ?? 0))),
    } as unknown as Cql;
    const now = () => this.now + skewMs;
    const marks = new LateMarks({ keyspace: "k", sealAfterMs: SEAL_MS, now, horizon: () => 0 });
    await this.#ask(({ rows }) => rows.add(id));
    if (stepsToLive === 0) return;
    await marks.markLate(client, "checkout", [time]);
    if (stepsToLive === 1) return;
    this.acknowledged.push(id);
  }

  /** Who finds the rollup missing or out of date, as history/history.ts does. */
  async roll(skewMs: number): Promise<void> {
    if (this.now + skewMs - SEAL_MS < HOUR.to) return;
    const seen = seenOfAll(await this.#ask(({ marks }) => new Map(marks)));
    if (this.kept?.seen === seen) return;
    const rows = new Set((await this.#ask(({ rows }) => [...rows])).flat());
    await this.step("keep");
    this.kept = { seen, rows };
  }

  /** What an answer has that asks some replicas. */
  answer(asked: readonly Replica[]): ReadonlySet<string> {
    const seen = seenOfAll(asked.map(({ marks }) => marks));
    return this.kept?.seen === seen ? this.kept.rows : new Set(asked.flatMap(({ rows }) => [...rows]));
  }
}

function seenOfAll(answers: readonly ReadonlyMap<string, number>[]): string {
  const marks = new Map<string, number>();
  for (const [writer, mark] of answers.flatMap((one) => [...one])) {
    marks.set(writer, Math.max(mark, marks.get(writer) ?? 0));
  }
  const text = [...marks].sort().join(" ");
  return seenOf(text === "" ? new Map() : new Map([[0, text]]), HOUR);
}

const skewMs = fc.constantFrom(1 - SEAL_MS / 4, 0, SEAL_MS / 4 - 1);
const write = fc.record({
  kind: fc.constant("write" as const),
  /** Before the end of the hour. */
  lateMs: fc.constantFrom(1, SEAL_MS / 2, SEAL_MS),
  skewMs,
  stepsToLive: fc.constantFrom(0, 1, 2, 2, 2),
});
const roll = fc.record({ kind: fc.constant("roll" as const), skewMs });
const pass = fc.record({ kind: fc.constant("pass" as const), ms: fc.constantFrom(SEAL_MS / 2, SEAL_MS, 2 * SEAL_MS) });

describe("a rollup that has seen every mark of its hour", () => {
  it("has every pulse that was acknowledged, in any order of messages, with deaths and clocks that differ", async () => {
    const steps = fc.array(fc.oneof(write, roll, pass), { minLength: 4, maxLength: 10 });
    let rolled = 0;
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), steps, async (scheduler, drawn) => {
        const world = new World(scheduler);
        drawn.forEach((step, i) => {
          void world.step(step.kind).then(() => {
            if (step.kind === "pass") world.now += step.ms;
            else if (step.kind === "roll") void world.roll(step.skewMs);
            else {
              const time = HOUR.to - step.lateMs;
              void world.write(`pulse ${i}`, time, step.skewMs, step.stepsToLive);
            }
          });
        });
        await scheduler.waitIdle();
        if (world.kept !== undefined) rolled++;
        for (const leftOut of world.replicas) {
          const answer = world.answer(world.replicas.filter((replica) => replica !== leftOut));
          expect([...answer]).toEqual(expect.arrayContaining(world.acknowledged));
        }
      }),
      { numRuns: 3000 },
    );
    expect(rolled).toBeGreaterThan(300);
  });
});
