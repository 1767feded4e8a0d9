import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_LATENCY_MS, type Pulse } from "../events/pulse.ts";
import type { Bench, PulseStore } from "./contract.ts";
import {
  asStored,
  HOUR,
  inReadingOrder,
  latestOf,
  newService,
  pulseOf,
  readPages,
  START,
  scanChunks,
  seriesOf,
  store,
} from "./contract-data.ts";

/** The contract of `write`, `check` and `close`. */
export function describeWrites(bench: Bench<PulseStore>): void {
  describe("writing", () => {
    it("gives back what was written, without what belongs to the transport only", async () => {
      const pulse = pulseOf({
        service_name: newService(),
        metadata: { region: "eu", version: "1.2.3" },
        is_time_of_arrival: true,
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      });
      await store(bench.store, [pulse]);
      expect(await readPages(bench.store, pulse.service_name)).toEqual([asStored(pulse)]);
    });

    it("stores a pulse once however often it is written", async () => {
      const pulse = pulseOf({ service_name: newService() });
      await store(bench.store, [pulse, pulse]);
      await store(bench.store, [pulse]);
      await Promise.all([store(bench.store, [pulse]), store(bench.store, [pulse, pulse])]);
      expect(await readPages(bench.store, pulse.service_name)).toEqual([asStored(pulse)]);
    });

    it("keeps the first time of a pulse whose sender gave an identity and no time", async () => {
      const first = pulseOf({ service_name: newService(), is_time_of_arrival: true });
      await store(bench.store, [first]);
      for (const delayMs of [1, 7, HOUR, 3 * HOUR]) {
        await store(bench.store, [{ ...first, event_time: first.event_time + delayMs }]);
      }
      expect(await readPages(bench.store, first.service_name)).toEqual([asStored(first)]);
      expect(await latestOf(bench.store, first.service_name)).toEqual(asStored(first));
    });

    it("stores a pulse without a time once when it arrives many times at once", async () => {
      const service = newService();
      const arrivals = Array.from({ length: 8 }, (_, i) =>
        pulseOf({ service_name: service, id: "same", event_time: START + i * 40 * 60_000, is_time_of_arrival: true }),
      );
      await Promise.all(arrivals.map((pulse) => store(bench.store, [pulse])));
      const read = await readPages(bench.store, service);
      expect(read).toHaveLength(1);
      expect(arrivals.map(asStored)).toContainEqual(read[0]);
    });

    it("takes the same id from another source or of another service for another pulse", async () => {
      const service = newService();
      const other = newService();
      const pulses = [
        pulseOf({ service_name: service, id: "1", source: "/a" }),
        pulseOf({ service_name: service, id: "1", source: "/b" }),
        pulseOf({ service_name: other, id: "1", source: "/a" }),
      ];
      await store(bench.store, pulses);
      expect(await readPages(bench.store, service)).toHaveLength(2);
      expect(await readPages(bench.store, other)).toHaveLength(1);
    });

    it("does not take parts of an identity for each other", async () => {
      const service = newService();
      const pulses = [
        pulseOf({ service_name: service, source: "/a", id: "/b" }),
        pulseOf({ service_name: service, source: "/a/", id: "b" }),
        pulseOf({ service_name: service, source: "/a:", id: "/b" }),
        pulseOf({ service_name: service, source: "/a", id: ":/b" }),
      ];
      await store(bench.store, pulses);
      expect(await readPages(bench.store, service)).toEqual(pulses.map(asStored).sort(inReadingOrder));
    });

    it("keeps both of two pulses that share a millisecond", async () => {
      const service = newService();
      const pulses = [
        pulseOf({ service_name: service, latency_ms: 1 }),
        pulseOf({ service_name: service, latency_ms: 2 }),
      ];
      await store(bench.store, pulses);
      expect(await readPages(bench.store, service)).toEqual(pulses.map(asStored).sort(inReadingOrder));
    });

    it.each([0, 1e-9, 0.1 + 0.2, 12.5, 1234.000001, MAX_LATENCY_MS])(
      "keeps a latency of %s ms to the bit",
      async (ms) => {
        const pulse = pulseOf({ service_name: newService(), latency_ms: ms });
        await store(bench.store, [pulse]);
        expect((await readPages(bench.store, pulse.service_name))[0]?.latency_ms).toBe(ms);
      },
    );

    it("keeps absent and empty metadata apart", async () => {
      const service = newService();
      const pulses = [
        pulseOf({ service_name: service, id: "a" }),
        pulseOf({ service_name: service, id: "b", metadata: {} }),
        pulseOf({ service_name: service, id: "c", metadata: { key: "" } }),
      ];
      await store(bench.store, pulses);
      const read = await readPages(bench.store, service);
      expect(read.map((pulse) => pulse.metadata)).toEqual([undefined, {}, { key: "" }]);
      expect("metadata" in (read[0] ?? {})).toBe(false);
    });

    it("keeps metadata of every kind of text, and keys that mean something to JavaScript", async () => {
      const entries: [string, string][] = [
        ["__proto__", "own"],
        ["constructor", "c"],
        ["toString", "t"],
        ["schlüssel", "größe ✓ 💓 \u0000 \u2028 \" \\ '"],
        ["k".repeat(64), "v".repeat(1024)],
      ];
      const metadata = JSON.parse(`{${entries.map((e) => e.map((s) => JSON.stringify(s)).join(":")).join(",")}}`);
      const pulse = pulseOf({ service_name: newService(), metadata });
      await store(bench.store, [pulse]);
      const read = (await readPages(bench.store, pulse.service_name))[0]?.metadata ?? {};
      expect(Object.entries(read).sort()).toEqual(entries.sort());
    });

    it("keeps the longest names, and ids, sources and statuses of any text", async () => {
      const service = `${newService("a:b/c.d_e-")}/${"x:/".repeat(30)}`.slice(0, 128);
      const pulse = pulseOf({
        service_name: service,
        id: `💓${"i/:".repeat(42)}`,
        source: `urn:${"ü".repeat(500)}`,
        status: `drüber – ${"s".repeat(55)}`,
      });
      await store(bench.store, [pulse]);
      expect(await readPages(bench.store, service)).toEqual([asStored(pulse)]);
    });

    it("takes an empty write for stored", async () => {
      await store(bench.store, []);
    });

    it("stores 10,000 pulses in one write", async () => {
      const service = newService();
      const pulses = seriesOf(service, 10_000, 1000);
      await store(bench.store, pulses);
      const read = (await scanChunks(bench.store, service)).flat();
      expect(read).toHaveLength(10_000);
      expect(read.map((pulse) => pulse.id)).toEqual(pulses.map((pulse) => pulse.id).reverse());
    });

    it("stores one write for many services", async () => {
      const services = Array.from({ length: 60 }, () => newService());
      await store(
        bench.store,
        services.flatMap((service) => seriesOf(service, 3, HOUR)),
      );
      for (const service of services) {
        expect((await readPages(bench.store, service)).map((pulse) => pulse.id)).toEqual(["2", "1", "0"]);
      }
    });

    it("stores overlapping writes that are under way together", async () => {
      const service = newService();
      const pulses = seriesOf(service, 200, 60_000);
      const writes = Array.from({ length: 20 }, (_, i) => store(bench.store, pulses.slice(i * 9, i * 9 + 30)));
      await Promise.all(writes);
      expect((await readPages(bench.store, service)).sort(inReadingOrder)).toEqual(
        pulses.map(asStored).sort(inReadingOrder),
      );
    });

    it("reads at once what was answered as stored", async () => {
      const service = newService();
      for (const [i, pulse] of seriesOf(service, 10, 1).entries()) {
        await store(bench.store, [pulse]);
        expect(await readPages(bench.store, service)).toHaveLength(i + 1);
      }
    });

    it("takes a pulse that has outlived the retention for stored and never shows it", async () => {
      const { store: own } = await bench.open({ retentionMs: HOUR });
      const service = newService();
      const old = pulseOf({ service_name: service, event_time: Date.now() - HOUR - 5000, id: "old" });
      const young = pulseOf({ service_name: service, event_time: Date.now() - HOUR / 2, id: "young" });
      const gone = pulseOf({ service_name: newService(), event_time: old.event_time });
      await store(own, [old, young, gone]);
      expect(await readPages(own, service)).toEqual([asStored(young)]);
      expect((await scanChunks(own, service)).flat()).toEqual([asStored(young)]);
      expect(await readPages(own, gone.service_name)).toEqual([]);
      expect(await latestOf(own, gone.service_name)).toBeUndefined();
    });

    it("reads back any pulses, written in any order, apart or together, some of them again", async () => {
      await fc.assert(
        fc.asyncProperty(writesOf(), async ({ pulses, writes, limit }) => {
          // Names of this run's own: what an earlier run wrote stays in the store.
          const services = [newService(), newService("a:b/c")];
          const own = pulses.map((pulse) => ({
            ...pulse,
            service_name: services[Number(pulse.service_name)] as string,
          }));
          const isWritten = new Set<Pulse>();
          for (const together of writes) {
            const chosen = together.map((indices) => indices.map((i) => own[i % own.length] as Pulse));
            for (const pulse of chosen.flat()) isWritten.add(pulse);
            await Promise.all(chosen.map((some) => store(bench.store, some)));
          }
          for (const service of services) {
            const model = [...isWritten].filter((pulse) => pulse.service_name === service).map(asStored);
            model.sort(inReadingOrder);
            expect(await readPages(bench.store, service, { limit })).toEqual(model);
            expect((await scanChunks(bench.store, service)).flat()).toEqual(model);
            expect((await latestOf(bench.store, service))?.event_time).toEqual(model[0]?.event_time);
          }
        }),
        { numRuns: bench.propertyRuns },
      );
    });
  });

  describe("its life", () => {
    it("says that it can be used", async () => {
      await expect(bench.store.check()).resolves.toBeUndefined();
    });

    it("has kept everything when it is opened again", async () => {
      const { store: own, reopen } = await bench.open();
      const pulses = seriesOf(newService(), 50, HOUR / 4);
      await store(own, pulses);
      await own.close();
      const again = await reopen();
      const service = pulses[0]?.service_name ?? "";
      expect(await readPages(again, service)).toEqual(pulses.map(asStored).reverse());
      expect(await latestOf(again, service)).toEqual(asStored(pulses.at(-1) as Pulse));
      await store(again, pulses);
      expect(await readPages(again, service)).toHaveLength(50);
      await again.close();
    });

    it("finishes the writes that are under way when it is closed", async () => {
      const { store: own, reopen } = await bench.open();
      const pulses = seriesOf(newService(), 300, 1000);
      const writes = Array.from({ length: 30 }, (_, i) => own.write(pulses.slice(i * 10, i * 10 + 10)));
      await own.close();
      expect(new Set((await Promise.all(writes)).map((outcome) => outcome.kind))).toEqual(new Set(["stored"]));
      const again = await reopen();
      expect(await readPages(again, pulses[0]?.service_name ?? "")).toHaveLength(300);
      await again.close();
    });

    it("can be closed twice, also at once, and then answers writes with retry and is not ready", async () => {
      const { store: own } = await bench.open();
      await Promise.all([own.close(), own.close()]);
      await own.close();
      const outcome = await own.write([pulseOf({ service_name: newService() })]);
      expect(outcome).toMatchObject({ kind: "retry", reason: expect.any(String), retryAfterMs: expect.any(Number) });
      await expect(own.check()).rejects.toThrow(/Expected/);
    });

    it("shows what one handle has written to another at once", async () => {
      const { store: own, reopen } = await bench.open();
      const other = await reopen();
      const pulse = pulseOf({ service_name: newService() });
      await store(own, [pulse]);
      expect(await readPages(other, pulse.service_name)).toEqual([asStored(pulse)]);
      await store(other, [pulse, { ...pulse, id: "another" }]);
      expect(await readPages(own, pulse.service_name)).toHaveLength(2);
      await other.close();
    });
  });
}

// Few times, sources and ids, so that they meet; an identity stands for one pulse only, as the senders promise.
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
