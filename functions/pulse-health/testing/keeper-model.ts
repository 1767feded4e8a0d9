// What two keepers say beside what one says that begins with nothing, whatever came late, was killed or busy. The same model runs on
// each store; the one that begins with nothing always has a file, so that the stores are compared with each other, too.
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { OWN_SERVICE } from "../../../events/own-service.ts";
import { describeUnless } from "../../../storage/testing/describe-unless.ts";
import { START } from "../../../storage/testing/pulses.ts";
import type { Keeper } from "../keeper.ts";
import { type HealthyStore, type KeptStore, keptIn, openKeptStore } from "./keepers.ts";

export interface KeepersSubject {
  name: string;
  skip?: string | undefined;
  runs: number;
  /** Opens one store again and again: each run has services of other names, and a later time. */
  open(now: () => number): Promise<HealthyStore>;
}

const LAST_S = 1500;
const STEP_S = 30;
/** So many looks after the last pulse, marks of every service were read. */
const LAST_LOOKS = 32;
const OWN_EVERY_S = 10;
/** From the beginning of one run to that of the next. */
const RUN_S = 3 * 3600;

const pulse = fc.record({
  which: fc.nat(2),
  at: fc.integer({ min: 0, max: LAST_S }),
  // In s: two of three come at once.
  delay: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 900 })),
  status: fc.constantFrom("ok", "ok", "ok", "503", "slow"),
});
/** Of PulseMesh's own pulses, those of a while are lost, or come late. */
const blindness = fc.record({
  from: fc.integer({ min: 0, max: LAST_S }),
  lasts: fc.integer({ min: 20, max: 300 }),
  delay: fc.option(fc.integer({ min: 0, max: 900 })),
});
const story = fc.record({
  pulses: fc.array(pulse, { minLength: 20, maxLength: 120 }),
  blindness: fc.array(blindness, { maxLength: 2 }),
  killedAt: fc.array(fc.integer({ min: 0, max: LAST_S / STEP_S }), { maxLength: 4 }),
});

type Story = typeof story extends fc.Arbitrary<infer Drawn> ? Drawn : never;

interface Sent {
  service: string;
  at: number;
  arrival: number;
  status: string;
}

/** Tries keepers on a store. */
export function describeKeepers({ name, skip, runs, open }: KeepersSubject): void {
  describeUnless(skip, name, () => {
    it("say the same alone, beside another one, killed at any time, and from nothing, in whatever order pulses come", async () => {
      let begins = -RUN_S;
      await fc.assert(
        fc.asyncProperty(story, async (drawn) => {
          begins += RUN_S;
          const clock = { now: START + begins * 1000 };
          const store = await open(() => clock.now);
          const sent = sentIn(drawn, begins, randomUUID());
          await tell(keptIn(store, clock), sent, begins, drawn.killedAt);
          const other = openKeptStore();
          await other.pulses(sent);
          await other.look(other.keeper(), endOf(begins));
          for (const service of new Set(sent.map((one) => one.service))) {
            expect(await keptIn(store, clock).runs(service)).toEqual(await other.runs(service));
          }
          await store.close();
        }),
        { numRuns: runs, seed: 20_261_130 },
      );
    });
  });
}

const endOf = (begins: number) => begins + LAST_S + 900 + LAST_LOOKS * STEP_S;

function sentIn({ pulses, blindness: all }: Story, begins: number, run: string): Sent[] {
  const own: Sent[] = [];
  for (let at = 0; at < endOf(0); at += OWN_EVERY_S) {
    const blind = all.find(({ from, lasts }) => at >= from && at < from + lasts);
    if (blind !== undefined && blind.delay === null) continue;
    const arrival = begins + at + (blind?.delay ?? 0);
    own.push({ service: OWN_SERVICE, at: begins + at, arrival, status: "ok" });
  }
  const sent = pulses.map(({ which, at, delay, status }): Sent => {
    return { service: `${run}-${which}`, at: begins + at, arrival: begins + at + delay, status };
  });
  return [...own, ...sent];
}

/** Lets two keepers look while pulses come, and kills some of them. */
async function tell(
  kept: KeptStore,
  sent: readonly Sent[],
  begins: number,
  killedAt: readonly number[],
): Promise<void> {
  let keepers: [Keeper, Keeper] = [kept.keeper(), kept.keeper()];
  let isSent = Number.NEGATIVE_INFINITY;
  for (let look = 0; begins + look * STEP_S <= endOf(begins); look++) {
    const at = begins + look * STEP_S;
    kept.clock.now = START + at * 1000;
    await kept.pulses(sent.filter(({ arrival }) => arrival > isSent && arrival <= at));
    isSent = at;
    if (killedAt.includes(look)) keepers = [kept.keeper(), keepers[0]];
    // One of them now and then is busy.
    await kept.look(keepers[0], at);
    if (look % 7 !== 0) await kept.look(keepers[1], at);
  }
}
