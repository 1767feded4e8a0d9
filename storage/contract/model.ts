import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_LATENCY_MS, type Pulse } from "../../events/pulse.ts";
import { asStored, HOUR, inReadingOrder, newService, START } from "../testing/pulses.ts";
import { latestOf, readPages, scanChunks, store } from "../testing/read-back.ts";
import type { Fixture, OpenPulseStore } from "./subject.ts";

// The same cases in every run: a failure can be repeated anywhere.
fc.configureGlobal({ seed: 20_261_124 });

/** All that is written reads back as it would from a plain list. */
export function describeModel(fixture: Fixture<OpenPulseStore>): void {
  describe("beside a list", () => {
    it("reads back any pulses, written in any order, apart or together, some of them twice", async () => {
      await fc.assert(
        fc.asyncProperty(writesOf(), async ({ pulses, writes, limit }) => {
          // New names for each run: what an earlier run wrote stays in the store.
          const services = [newService(), newService("a:b/c")];
          const own = pulses.map((pulse) => ({
            ...pulse,
            service_name: services[Number(pulse.service_name)] as string,
          }));
          const isWritten = new Set<Pulse>();
          for (const together of writes) {
            const chosen = together.map((indices) => indices.map((i) => own[i % own.length] as Pulse));
            for (const pulse of chosen.flat()) isWritten.add(pulse);
            await Promise.all(chosen.map((some) => store(fixture.store, some)));
          }
          for (const service of services) {
            const model = [...isWritten].filter((pulse) => pulse.service_name === service).map(asStored);
            model.sort(inReadingOrder);
            expect(await readPages(fixture.store, service, { limit })).toEqual(model);
            expect((await scanChunks(fixture.store, service)).flat()).toEqual(model);
            expect((await latestOf(fixture.store, service))?.event_time).toEqual(model[0]?.event_time);
          }
        }),
        { numRuns: fixture.propertyRuns },
      );
    });
  });
}

// Few times, sources and ids, so that they meet. An identity stands for one pulse, as senders promise.
function writesOf() {
  const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 6 }).map((s) => s.toWellFormed());
  const pulse = fc.record(
    {
      service_name: fc.constantFrom("0", "1"),
      event_time: fc
        .oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 20 * HOUR }))
        .map((ms) => START + ms),
      latency_ms: fc.double({ min: 0, max: MAX_LATENCY_MS, noNaN: true }).map((ms) => ms + 0),
      status: text,
      id: fc.oneof(fc.constantFrom("a", "b", "A", "é", "💓", "\uffee"), text),
      source: fc.constantFrom("/a", "/b", "urn:x"),
      metadata: fc.dictionary(text, fc.string({ unit: "grapheme" }), { maxKeys: 3, noNullPrototype: true }),
    },
    { requiredKeys: ["service_name", "event_time", "latency_ms", "status", "id", "source"] },
  );
  return fc.record({
    pulses: fc.uniqueArray(pulse, {
      selector: (one) => JSON.stringify([one.service_name, one.source, one.id]),
      minLength: 1,
      maxLength: 40,
    }),
    writes: fc.array(fc.array(fc.array(fc.nat(1000), { maxLength: 30 }), { maxLength: 4 }), { maxLength: 6 }),
    limit: fc.integer({ min: 1, max: 20 }),
  });
}
