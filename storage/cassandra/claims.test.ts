import { types } from "cassandra-driver";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Pulse } from "../../events/pulse.ts";
import { settleClaims } from "./claims.ts";
import { pulseStatements } from "./pulse-row.ts";
import { removalTimeOf, writetimeOfRow } from "./write-times.ts";

// The same cases in every run: a failure can be repeated anywhere.
fc.configureGlobal({ seed: 20_261_124 });

const statements = pulseStatements("k");
const TIMES = { retentionMs: 0, bucketMs: 3_600_000, era: 0 };
const REPLICAS = [0, 1, 2];
const QUORUM = 2;

// A model of three replicas. Each gets a message at a different moment, in any order, and never repairs what a read finds
// different: weaker than Cassandra in everything that the protocol relies on.
class Replica {
  readonly claims = new Set<number>();
  readonly rows = new Map<number, { writetime: number; isLive: boolean }>();

  put(time: number, writetime: number, isLive: boolean): void {
    const before = this.rows.get(time);
    if (before === undefined || before.writetime < writetime) this.rows.set(time, { writetime, isLive });
  }
}

class Crash extends Error {}

class Cluster {
  readonly replicas = REPLICAS.map(() => new Replica());
  readonly #scheduler: fc.Scheduler;

  constructor(scheduler: fc.Scheduler) {
    this.#scheduler = scheduler;
  }

  /** Resolves when a number of replicas have done it; the others do it later. */
  ask<T>(what: (replica: Replica) => T, count: number, reached = REPLICAS): Promise<T[]> {
    return new Promise((resolve) => {
      const answers: T[] = [];
      for (const i of reached) {
        void this.#scheduler.schedule(Promise.resolve(), `replica ${i}`).then(() => {
          answers.push(what(this.replicas[i] as Replica));
          if (answers.length === count) resolve([...answers]);
        });
      }
    });
  }

  /** The times of the rows that all replicas together hold once every message has arrived. */
  liveTimes(): number[] {
    const merged = new Replica();
    for (const replica of this.replicas) {
      for (const [time, { writetime, isLive }] of replica.rows) merged.put(time, writetime, isLive);
    }
    return [...merged.rows].filter(([, { isLive }]) => isLive).map(([time]) => time);
  }
}

interface Arrival {
  time: number;
  /** The operation at which the process dies, and the replicas that the operation still reaches. */
  diesAt: number;
  reaches: number[];
}

/** Lets a pulse arrive; true when its sender got the answer `stored`. */
async function arrive(cluster: Cluster, { time, diesAt, reaches }: Arrival): Promise<boolean> {
  let operations = 0;
  const run = async <T>(what: (replica: Replica) => T, count: number): Promise<T[]> => {
    if (operations++ !== diesAt) return await cluster.ask(what, count);
    void cluster.ask(what, count, reaches);
    throw new Crash();
  };
  const pulse: Pulse = {
    service_name: "s",
    source: "/",
    id: "1",
    event_time: time,
    is_time_of_arrival: true,
    latency_ms: 1,
    status: "ok",
  };
  try {
    const settled = await settleClaims(pulse, {
      statements,
      times: TIMES,
      horizon: () => -1e12,
      execute: async (query, params, options) => {
        if (query === statements.claim) {
          await run((replica) => replica.claims.add(params[3] as number), QUORUM);
          return { rows: [] };
        }
        const isHint = options?.consistency === types.consistencies.localOne;
        const answers = await run((replica) => [...replica.claims], isHint ? 1 : QUORUM);
        const rows = [...new Set(answers.flat())].map((claim) => ({ claimed_time: new Date(claim) }));
        return { rows: rows as unknown as types.Row[] };
      },
      replace: async (winner, losers) => {
        // A logged batch that has begun reaches every replica in the end, even when its sender dies.
        const isCrash = operations++ === diesAt;
        if (isCrash && reaches.length < QUORUM) throw new Crash();
        const done = cluster.ask((replica) => {
          replica.put(winner, writetimeOfRow(winner, TIMES), true);
          for (const loser of losers) replica.put(loser, removalTimeOf(loser, TIMES), false);
        }, QUORUM);
        if (isCrash) throw new Crash();
        await done;
      },
    });
    await run((replica) => replica.put(settled, writetimeOfRow(settled, TIMES), true), QUORUM);
    return true;
  } catch (error) {
    if (error instanceof Crash) return false;
    throw error;
  }
}

function arrivalOf(): fc.Arbitrary<Arrival> {
  return fc.record({
    time: fc.integer({ min: 1, max: 6 }),
    diesAt: fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: 6 })),
    reaches: fc.subarray(REPLICAS),
  });
}

describe("claims", () => {
  it("store a pulse once, in any order of arrivals and messages, whichever process dies", async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(arrivalOf(), { minLength: 1, maxLength: 5 }), async (s, arrivals) => {
        const cluster = new Cluster(s);
        const answers = Promise.all(arrivals.map((arrival) => arrive(cluster, arrival)));
        await s.waitIdle();
        const isStored = (await answers).includes(true);
        const live = cluster.liveTimes();
        expect(live.length).toBeLessThanOrEqual(1);
        if (isStored) expect(live).toHaveLength(1);
      }),
      { numRuns: 3000 },
    );
  });

  it("keep the pulse stored once when it is sent again afterwards", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(arrivalOf(), { maxLength: 4 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
        async (s, arrivals, times) => {
          const cluster = new Cluster(s);
          const first = Promise.all(arrivals.map((arrival) => arrive(cluster, arrival)));
          await s.waitIdle();
          await first;
          for (const time of times) {
            const again = arrive(cluster, { time, diesAt: -1, reaches: [] });
            await s.waitIdle();
            expect(await again).toBe(true);
            expect(cluster.liveTimes()).toHaveLength(1);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("do not pile up when a pulse is sent many times", async () => {
    const claims = new Set<number>();
    let writes = 0;
    for (let i = 0; i < 50; i++) {
      await settleClaims(
        { service_name: "s", source: "/", id: "1", event_time: 1000 + i, latency_ms: 1, status: "ok" },
        {
          statements,
          times: TIMES,
          horizon: () => -1e12,
          execute: async (query, params) => {
            if (query === statements.claim) {
              writes++;
              claims.add(params[3] as number);
            }
            const rows = [...claims].map((claim) => ({ claimed_time: new Date(claim) }));
            return { rows: rows as unknown as types.Row[] };
          },
          replace: () => expect.unreachable("no row must be replaced"),
        },
      );
    }
    expect([...claims]).toEqual([1000]);
    expect(writes).toBe(50);
  });
});
