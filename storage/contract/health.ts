import { describe, expect, it } from "vitest";
import type { HealthRun } from "../../events/health-run.ts";
import type { HealthChange, HealthStore } from "../health-ports.ts";
import { HOUR, newService, pulseOf, START } from "../testing/pulses.ts";
import { store } from "../testing/read-back.ts";
import type { Fixture, OpenPulseStore } from "./subject.ts";

/** A pulse store that keeps health. */
export type OpenHealthStore = OpenPulseStore & { readonly health: HealthStore };

const FROM_NOW_ON = { from: START, to: Number.POSITIVE_INFINITY };

function runAt(hour: number, health: HealthRun["health"] = "up"): HealthRun {
  const since = START + hour * HOUR;
  return { since, health, confirmedAt: since + 60_000, cause: `“ok” since ${hour} 😀` };
}

/** A service of which there is a pulse: of others nothing need be kept. */
async function newPulsing(of: OpenPulseStore): Promise<string> {
  const service = newService();
  await store(of, [pulseOf({ service_name: service })]);
  return service;
}

/** The contract of `HealthStore`, as far as it keeps runs. */
export function describeHealth(fixture: Fixture<OpenHealthStore>): void {
  const keep = async (change: HealthChange, laterMs = 0, of = fixture.store) => {
    const basis = await of.health.begin();
    expect(await of.health.keep([change], { ...basis, asOf: basis.asOf + laterMs })).toBe(true);
  };
  const replace = (service: string, runs: HealthRun[], span = FROM_NOW_ON, laterMs = 0) =>
    keep({ service, runs: { span, runs } }, laterMs);
  const read = (service: string, span = FROM_NOW_ON, of = fixture.store) => of.health.runs(service, span);
  const currentOf = async (service: string, of = fixture.store) => {
    for await (const chunk of of.health.current()) {
      const current = chunk.find((one) => one.service === service);
      if (current !== undefined) return current;
    }
    return undefined;
  };

  describe("runs of health", () => {
    it("are kept by service and read back oldest first, as they were", async () => {
      const [service, other] = [await newPulsing(fixture.store), await newPulsing(fixture.store)];
      expect([await read(service), await currentOf(service)]).toEqual([[], undefined]);
      const runs = [runAt(0), runAt(1, "down"), runAt(2, "late"), runAt(3, "degraded"), runAt(4, "unknown")];
      await replace(service, runs);
      await replace(other, [runAt(1)]);
      expect(await read(service)).toEqual(runs);
      expect(await read(other)).toEqual([runAt(1)]);
    });

    it("are found where they touch a span: the first may have begun before it", async () => {
      const service = await newPulsing(fixture.store);
      await replace(
        service,
        [0, 2, 4].map((hour) => runAt(hour)),
      );
      const hoursOf = async (from: number, to: number) =>
        (await read(service, { from: START + from * HOUR, to: START + to * HOUR })).map(
          ({ since }) => (since - START) / HOUR,
        );
      expect(await hoursOf(-2, 0)).toEqual([]);
      expect(await hoursOf(-2, 1)).toEqual([0]);
      expect(await hoursOf(1, 2)).toEqual([0]);
      expect(await hoursOf(2, 3)).toEqual([2]);
      expect(await hoursOf(3, 9)).toEqual([2, 4]);
      expect(await hoursOf(8, 9)).toEqual([4]);
    });

    it("give way to those of a judgement, in its span alone", async () => {
      const service = await newPulsing(fixture.store);
      await replace(
        service,
        [0, 1, 2, 3].map((hour) => runAt(hour)),
      );
      await replace(service, [runAt(1.5, "down")], { from: START + HOUR, to: START + 3 * HOUR });
      expect(await read(service)).toEqual([runAt(0), runAt(1.5, "down"), runAt(3)]);
      expect((await currentOf(service))?.run).toEqual(runAt(3));
      await replace(service, [], { from: START + HOUR, to: START + 2 * HOUR });
      expect(await read(service)).toEqual([runAt(0), runAt(3)]);
      await replace(service, [runAt(2, "late")], { from: START + 1, to: Number.POSITIVE_INFINITY });
      expect(await read(service)).toEqual([runAt(0), runAt(2, "late")]);
    });

    it("can be many in one judgement", async () => {
      const service = await newPulsing(fixture.store);
      const runs = Array.from({ length: 300 }, (_, i) => runAt(i / 30, i % 2 === 0 ? "up" : "down"));
      await replace(service, [runAt(0.01), runAt(11, "late")]);
      await replace(service, runs);
      await replace(service, runs);
      expect(await read(service)).toEqual(runs);
      expect((await currentOf(service))?.run).toEqual(runs.at(-1));
    });

    it("are listed with the newest of each service, and with the moment of the judgement that said so", async () => {
      const { health } = fixture.store;
      const service = await newPulsing(fixture.store);
      const basis = await health.begin();
      const change = { service, runs: { span: FROM_NOW_ON, runs: [runAt(0), runAt(1, "down")] } };
      await health.keep([change], basis);
      expect(await currentOf(service)).toEqual({ service, run: runAt(1, "down"), asOf: basis.asOf });
      const later = { ...basis, asOf: basis.asOf + 1 };
      await health.keep([{ ...change, runs: { span: FROM_NOW_ON, runs: [runAt(0)] } }], later);
      expect(await currentOf(service)).toEqual({ service, run: runAt(0), asOf: later.asOf });
    });

    it("of two judgements are those of the later one, whichever is kept first and however often", async () => {
      const [forwards, backwards] = [await newPulsing(fixture.store), await newPulsing(fixture.store)];
      const early = [runAt(0), runAt(1, "down"), runAt(2)];
      const late = [runAt(0), runAt(3, "late")];
      for (const [service, order] of [
        [forwards, [early, late, late]],
        [backwards, [late, early, early]],
      ] as const) {
        for (const runs of order) await replace(service, [...runs], FROM_NOW_ON, runs === late ? 60_000 : 0);
        expect(await read(service)).toEqual(late);
        expect((await currentOf(service))?.run).toEqual(runAt(3, "late"));
      }
    });

    it("are gone with a forgotten service, and what rests on its pulses is not kept any more", async () => {
      const { store: own } = await fixture.open();
      const service = await newPulsing(own);
      const change = {
        service,
        runs: { span: FROM_NOW_ON, runs: [runAt(0)] },
        memory: { judgedUntil: START, state: "{}" },
      };
      await keep(change, 0, own);
      const before = await own.health.begin();
      await own.health.tell(service, [{ since: START, health: "up", revision: 0 }], before);
      await own.forget([service]);
      const known = async () => [
        await read(service, FROM_NOW_ON, own),
        await currentOf(service, own),
        await own.health.memory(service),
        await own.health.told(service, FROM_NOW_ON),
      ];
      const NOTHING = [[], undefined, undefined, []];
      expect(await known()).toEqual(NOTHING);
      await store(own, [pulseOf({ service_name: service })]);
      expect(await own.health.keep([change], before)).toBe(false);
      expect(await own.health.tell(service, [{ since: START, health: "up", revision: 0 }], before)).toBe(false);
      expect(await known()).toEqual(NOTHING);
      await keep(change, 0, own);
      expect(await read(service, FROM_NOW_ON, own)).toEqual([runAt(0)]);
    });
  });
}
