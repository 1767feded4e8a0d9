import { describe, expect, it } from "vitest";
import { MAX_LATENCY_MS } from "../../events/pulse.ts";
import { asStored, HOUR, inReadingOrder, newService, pulseOf, START, seriesOf } from "../testing/pulses.ts";
import { latestOf, readPages, scanChunks, store } from "../testing/read-back.ts";
import type { Fixture, OpenPulseStore } from "./subject.ts";

/** The contract of `write`. */
export function describeWrites(fixture: Fixture<OpenPulseStore>): void {
  describe("writing", () => {
    it("gives back what was written, without the fields of the transport", async () => {
      const pulse = pulseOf({
        service_name: newService(),
        metadata: { region: "eu", version: "1.2.3" },
        is_time_of_arrival: true,
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      });
      await store(fixture.store, [pulse]);
      expect(await readPages(fixture.store, pulse.service_name)).toEqual([asStored(pulse)]);
    });

    it("stores a pulse once, however often somebody writes it", async () => {
      const pulse = pulseOf({ service_name: newService() });
      await store(fixture.store, [pulse, pulse]);
      await store(fixture.store, [pulse]);
      await Promise.all([store(fixture.store, [pulse]), store(fixture.store, [pulse, pulse])]);
      expect(await readPages(fixture.store, pulse.service_name)).toEqual([asStored(pulse)]);
    });

    it("keeps the first time of a pulse whose sender gave an identity and no time", async () => {
      const first = pulseOf({ service_name: newService(), is_time_of_arrival: true });
      await store(fixture.store, [first]);
      for (const delayMs of [1, 7, HOUR, 3 * HOUR]) {
        await store(fixture.store, [{ ...first, event_time: first.event_time + delayMs }]);
      }
      expect(await readPages(fixture.store, first.service_name)).toEqual([asStored(first)]);
      expect(await latestOf(fixture.store, first.service_name)).toEqual(asStored(first));
    });

    it("stores a pulse without a time once when it arrives many times at once", async () => {
      const service = newService();
      const arrivals = Array.from({ length: 8 }, (_, i) =>
        pulseOf({ service_name: service, id: "same", event_time: START + i * 40 * 60_000, is_time_of_arrival: true }),
      );
      await Promise.all(arrivals.map((pulse) => store(fixture.store, [pulse])));
      const read = await readPages(fixture.store, service);
      expect(read).toHaveLength(1);
      expect(arrivals.map(asStored)).toContainEqual(read[0]);
    });

    it("takes the same id from another source or service for another pulse", async () => {
      const service = newService();
      const other = newService();
      const pulses = [
        pulseOf({ service_name: service, id: "1", source: "/a" }),
        pulseOf({ service_name: service, id: "1", source: "/b" }),
        pulseOf({ service_name: other, id: "1", source: "/a" }),
      ];
      await store(fixture.store, pulses);
      expect(await readPages(fixture.store, service)).toHaveLength(2);
      expect(await readPages(fixture.store, other)).toHaveLength(1);
    });

    const title = fixture.isTimePartOfIdentity
      ? "takes the same identity with another time for another pulse"
      : "keeps the first pulse of an identity, and not the same identity with another time";
    it(title, async () => {
      const first = pulseOf({ latency_ms: 1 });
      const earlier = { ...first, event_time: START - 2 * HOUR, latency_ms: 2 };
      const later = { ...first, event_time: START + HOUR, latency_ms: 3 };
      for (const pulse of [first, earlier, later]) await store(fixture.store, [pulse]);
      const kept = (fixture.isTimePartOfIdentity ? [later, first, earlier] : [first]).map(asStored);
      expect(await readPages(fixture.store, first.service_name)).toEqual(kept);
      expect(await latestOf(fixture.store, first.service_name)).toEqual(kept[0]);
    });

    it.each(["one after the other", "the other way around", "at once"])(
      "keeps one whole pulse of two with one identity and time, and no mixture: %s",
      async (order) => {
        const first = pulseOf({ latency_ms: 900, status: "error" });
        const second = { ...first, latency_ms: 12, status: "ok", metadata: { region: "eu" } };
        const pulses = order === "the other way around" ? [second, first] : [first, second];
        if (order === "at once") await Promise.all(pulses.map((pulse) => store(fixture.store, [pulse])));
        else for (const pulse of pulses) await store(fixture.store, [pulse]);
        const read = await readPages(fixture.store, first.service_name);
        expect(read).toHaveLength(1);
        expect([first, second].map(asStored)).toContainEqual(read[0]);
        // Where the time is no part of the identity, the first to come stays.
        if (!fixture.isTimePartOfIdentity) expect(read).toEqual([asStored(pulses[0] as typeof first)]);
      },
    );

    it("does not confuse the parts of an identity", async () => {
      const service = newService();
      const pulses = [
        pulseOf({ service_name: service, source: "/a", id: "/b" }),
        pulseOf({ service_name: service, source: "/a/", id: "b" }),
        pulseOf({ service_name: service, source: "/a:", id: "/b" }),
        pulseOf({ service_name: service, source: "/a", id: ":/b" }),
      ];
      await store(fixture.store, pulses);
      expect(await readPages(fixture.store, service)).toEqual(pulses.map(asStored).sort(inReadingOrder));
    });

    it("keeps both of two pulses that share a millisecond", async () => {
      const service = newService();
      const pulses = [
        pulseOf({ service_name: service, latency_ms: 1 }),
        pulseOf({ service_name: service, latency_ms: 2 }),
      ];
      await store(fixture.store, pulses);
      expect(await readPages(fixture.store, service)).toEqual(pulses.map(asStored).sort(inReadingOrder));
    });

    it.each([0, 1e-9, 0.1 + 0.2, 12.5, 1234.000001, MAX_LATENCY_MS])(
      "keeps a latency of %s ms to the bit",
      async (ms) => {
        const pulse = pulseOf({ service_name: newService(), latency_ms: ms });
        await store(fixture.store, [pulse]);
        expect((await readPages(fixture.store, pulse.service_name))[0]?.latency_ms).toBe(ms);
      },
    );

    it("keeps absent and empty metadata apart", async () => {
      const service = newService();
      const pulses = [
        pulseOf({ service_name: service, id: "a" }),
        pulseOf({ service_name: service, id: "b", metadata: {} }),
        pulseOf({ service_name: service, id: "c", metadata: { key: "" } }),
      ];
      await store(fixture.store, pulses);
      const read = await readPages(fixture.store, service);
      expect(read.map((pulse) => pulse.metadata)).toEqual([undefined, {}, { key: "" }]);
      expect("metadata" in (read[0] ?? {})).toBe(false);
    });

    it("keeps metadata of any text, with keys that JavaScript treats specially", async () => {
      const entries: [string, string][] = [
        ["__proto__", "own"],
        ["constructor", "c"],
        ["toString", "t"],
        ["schlüssel", "größe ✓ 💓 \u0000 \u2028 \" \\ '"],
        ["k".repeat(64), "v".repeat(1024)],
      ];
      const metadata = JSON.parse(`{${entries.map((e) => e.map((s) => JSON.stringify(s)).join(":")).join(",")}}`);
      const pulse = pulseOf({ service_name: newService(), metadata });
      await store(fixture.store, [pulse]);
      const read = (await readPages(fixture.store, pulse.service_name))[0]?.metadata ?? {};
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
      await store(fixture.store, [pulse]);
      expect(await readPages(fixture.store, service)).toEqual([asStored(pulse)]);
    });

    it("answers an empty write with stored", async () => {
      await store(fixture.store, []);
    });

    it("stores 10,000 pulses in one write", async () => {
      const service = newService();
      const pulses = seriesOf(service, 10_000, 1000);
      await store(fixture.store, pulses);
      const read = (await scanChunks(fixture.store, service)).flat();
      expect(read).toHaveLength(10_000);
      expect(read.map((pulse) => pulse.id)).toEqual(pulses.map((pulse) => pulse.id).reverse());
    });

    it("stores one write for many services", async () => {
      const services = Array.from({ length: 60 }, () => newService());
      await store(
        fixture.store,
        services.flatMap((service) => seriesOf(service, 3, HOUR)),
      );
      for (const service of services) {
        expect((await readPages(fixture.store, service)).map((pulse) => pulse.id)).toEqual(["2", "1", "0"]);
      }
    });

    it("stores writes that overlap and run at once", async () => {
      const service = newService();
      const pulses = seriesOf(service, 200, 60_000);
      const writes = Array.from({ length: 20 }, (_, i) => store(fixture.store, pulses.slice(i * 9, i * 9 + 30)));
      await Promise.all(writes);
      expect((await readPages(fixture.store, service)).sort(inReadingOrder)).toEqual(
        pulses.map(asStored).sort(inReadingOrder),
      );
    });

    it("reads at once what it has answered as stored", async () => {
      const service = newService();
      for (const [i, pulse] of seriesOf(service, 10, 1).entries()) {
        await store(fixture.store, [pulse]);
        expect(await readPages(fixture.store, service)).toHaveLength(i + 1);
      }
    });

    it("answers stored for a pulse that has outlived the retention, and never shows it", async () => {
      const { store: own } = await fixture.open({ retentionMs: HOUR });
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
  });
}
