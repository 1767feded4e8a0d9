import { describe, expect, it } from "vitest";
import type { Measure } from "../ports.ts";
import { ALL, asStored, HOUR, inReadingOrder, newService, pulseOf, START, seriesOf } from "../testing/pulses.ts";
import { readPages, scanChunks, store } from "../testing/read-back.ts";
import type { Fixture, OpenPulseStore } from "./subject.ts";

const MAX_CHUNK = 5000;

/** The contract of `page` and `scan`. */
export function describeReads(fixture: Fixture<OpenPulseStore>): void {
  describe("reading a page", () => {
    it("is empty for an unknown service, for an empty span and for a span that ends before it begins", async () => {
      const service = newService();
      await store(fixture.store, [pulseOf({ service_name: service })]);
      const empty = { ok: true, value: { pulses: [] } };
      expect(await fixture.store.page(newService(), ALL, 10)).toEqual(empty);
      expect(await fixture.store.page(service, { from: START, to: START }, 10)).toEqual(empty);
      expect(await fixture.store.page(service, { from: START + 1, to: START - 1 }, 10)).toEqual(empty);
      expect(await fixture.store.page(service, { from: START + HOUR, to: START + 9 * HOUR }, 10)).toEqual(empty);
    });

    it("has the newest first, in any order of writing", async () => {
      const service = newService();
      const pulses = seriesOf(service, 30, 20 * 60_000);
      for (const i of [7, 3, 11, 0, 29]) await store(fixture.store, [pulses[i] ?? pulseOf({ service_name: service })]);
      await store(fixture.store, pulses.toReversed());
      expect(await readPages(fixture.store, service)).toEqual(pulses.map(asStored).reverse());
    });

    it("orders pulses of the same millisecond by source, then id, as bytes", async () => {
      const service = newService();
      const pulses = ["/b", "/a", "/aa", "urn:ü", "Urn", "💓", "\uffee"].flatMap((source) =>
        ["2", "10", "1", "a", "B", "ä", "💓", "\uffee"].map((id) => pulseOf({ service_name: service, source, id })),
      );
      await store(fixture.store, pulses);
      const expected = pulses.map(asStored).sort(inReadingOrder);
      expect(await readPages(fixture.store, service)).toEqual(expected);
      expect(await readPages(fixture.store, service, { limit: 3 })).toEqual(expected);
    });

    it("ends before its pulses weigh much, and goes on where it ended", async () => {
      const service = newService();
      const metadata = Object.fromEntries(Array.from({ length: 32 }, (_, i) => [`key-${i}`, "x".repeat(1024)]));
      const pulses = seriesOf(service, 70, 1).map((pulse) => ({ ...pulse, metadata }));
      await store(fixture.store, pulses);
      const page = await fixture.store.page(service, ALL, 1000);
      expect(page.ok && page.value.pulses.length).toBeLessThan(40);
      expect(page.ok && page.value.cursor).toBeDefined();
      expect(await readPages(fixture.store, service, { limit: 1000 })).toEqual(pulses.map(asStored).reverse());
    });

    it("includes the span's first millisecond and not its end", async () => {
      const service = newService();
      await store(fixture.store, seriesOf(service, 10, 1));
      const ids = async (from: number, to: number) =>
        (await readPages(fixture.store, service, { span: { from: START + from, to: START + to } })).map(({ id }) => id);
      expect(await ids(3, 6)).toEqual(["5", "4", "3"]);
      expect(await ids(3, 4)).toEqual(["3"]);
      expect(await ids(-5, 2)).toEqual(["1", "0"]);
      expect(await ids(8, 2 * HOUR)).toEqual(["9", "8"]);
    });

    it("takes a span that begins and ends within hours that hold more", async () => {
      const service = newService();
      const pulses = seriesOf(service, 40, 15 * 60_000);
      await store(fixture.store, pulses);
      const span = { from: START + HOUR + 10 * 60_000, to: START + 5 * HOUR + 20 * 60_000 };
      const expected = pulses.filter(({ event_time: time }) => time >= span.from && time < span.to).map(asStored);
      expect(await readPages(fixture.store, service, { span, limit: 4 })).toEqual(expected.reverse());
      expect((await scanChunks(fixture.store, service, span)).flat()).toEqual(expected);
    });

    it("gives the newest of a span that reaches past the last moment of a Date", async () => {
      const service = newService();
      const pulses = seriesOf(service, 5, HOUR);
      await store(fixture.store, pulses);
      const page = await fixture.store.page(service, { from: 0, to: Number.MAX_SAFE_INTEGER }, 2);
      expect(page).toMatchObject({ ok: true, value: { pulses: [{ id: "4" }, { id: "3" }] } });
    });

    it("has no cursor when the page holds the last pulse, and one when a single pulse is left", async () => {
      const service = newService();
      await store(fixture.store, seriesOf(service, 6, HOUR));
      const cursorOf = async (limit: number) => {
        const page = await fixture.store.page(service, ALL, limit);
        return page.ok ? page.value.cursor : "refused";
      };
      expect(await cursorOf(6)).toBeUndefined();
      expect(await cursorOf(7)).toBeUndefined();
      expect(await cursorOf(5)).toEqual(expect.any(String));
    });

    it.each([1, 7, 50])("shows every pulse once over pages of %i, across hours and empty hours", async (limit) => {
      const service = newService();
      // Dense hours, gaps of hours, and 20 pulses in one millisecond.
      const pulses = [
        ...seriesOf(service, 30, 7 * 60_000),
        ...seriesOf(service, 20, 0, START + 9 * HOUR).map((pulse) => ({ ...pulse, id: `same-${pulse.id}` })),
        ...seriesOf(service, 10, HOUR, START + 12 * HOUR).map((pulse) => ({ ...pulse, id: `late-${pulse.id}` })),
      ];
      await store(fixture.store, pulses);
      expect(await readPages(fixture.store, service, { limit })).toEqual(pulses.map(asStored).sort(inReadingOrder));
    });

    it("goes on after the last pulse shown while newer and older ones are written", async () => {
      const service = newService();
      const pulses = seriesOf(service, 20, 10 * 60_000);
      await store(fixture.store, pulses);
      const shown: string[] = [];
      let cursor: string | undefined;
      for (let turn = 0; turn === 0 || cursor !== undefined; turn++) {
        const page = await fixture.store.page(service, ALL, 6, cursor);
        if (!page.ok) throw new Error("Expected a page");
        shown.push(...page.value.pulses.map((pulse) => pulse.id));
        cursor = page.value.cursor;
        // One newer than all; one of the same time as the last shown, but before it in order; and below, one older than all.
        const last = page.value.pulses.at(-1)?.event_time ?? START;
        await store(fixture.store, [
          pulseOf({ service_name: service, event_time: START + 9 * HOUR + turn, id: `newer-${turn}` }),
          pulseOf({ service_name: service, event_time: last, source: "!", id: `passed-${turn}` }),
        ]);
        if (turn === 0)
          await store(fixture.store, [pulseOf({ service_name: service, event_time: START - HOUR, id: "older" })]);
      }
      expect(shown).toEqual([...pulses.map(({ id }) => id).reverse(), "older"]);
    });

    it.each(["", "0", "abc", "%%%", "W10", "bnVsbA", "eyJhIjoxfQ", "💓", "x".repeat(5000)])(
      "refuses a cursor that it did not make (%#)",
      async (cursor) => {
        const page = await fixture.store.page(newService(), ALL, 10, cursor);
        expect(page).toMatchObject({
          ok: false,
          faults: [{ pointer: "/cursor", rule: expect.stringMatching(/^Expected/) }],
        });
      },
    );

    it("refuses a cursor that it made and somebody cut or changed", async () => {
      const service = newService();
      await store(fixture.store, seriesOf(service, 3, 1));
      const page = await fixture.store.page(service, ALL, 1);
      const cursor = (page.ok ? page.value.cursor : undefined) ?? "";
      for (const broken of [cursor.slice(0, -3), `${cursor}AAAA`, `A${cursor}`]) {
        expect(await fixture.store.page(service, ALL, 1, broken)).toMatchObject({
          ok: false,
          faults: [{ pointer: "/cursor" }],
        });
      }
    });
  });

  describe("scanning", () => {
    it("gives every pulse of the span, newest first, in chunks of bounded size that are never empty", async () => {
      const service = newService();
      const pulses = seriesOf(service, 12_000, 5000);
      for (let i = 0; i < pulses.length; i += 4000) await store(fixture.store, pulses.slice(i, i + 4000));
      const span = { from: START, to: START + 11_500 * 5000 };
      const chunks = await scanChunks(fixture.store, service, span);
      expect(chunks.length).toBeGreaterThan(1);
      for (const chunk of chunks) {
        expect(chunk.length).toBeGreaterThan(0);
        expect(chunk.length).toBeLessThanOrEqual(MAX_CHUNK);
      }
      expect(chunks.flat().map(({ id }) => Number(id))).toEqual(Array.from({ length: 11_500 }, (_, i) => 11_499 - i));
    });

    it("shows every pulse of one millisecond once, although chunks end among them", async () => {
      const service = newService();
      await store(fixture.store, seriesOf(service, 6000, 0));
      const ids = (await scanChunks(fixture.store, service)).flat().map(({ id }) => id);
      expect(ids).toEqual(Array.from({ length: 6000 }, (_, i) => String(i)).sort());
    });

    it("gives what is measured in the same order, of each pulse once, although chunks end within a millisecond", async () => {
      const service = newService();
      const pulses = seriesOf(service, 9500, 1).map((pulse, i) => ({ ...pulse, event_time: START + Math.min(i, 300) }));
      await store(fixture.store, pulses);
      const read: Measure[] = [];
      const span = { from: START + 7, to: START + 301 };
      for await (const chunk of fixture.store.measures(service, span)) {
        expect(chunk.length).toBeGreaterThan(0);
        expect(chunk.length).toBeLessThanOrEqual(MAX_CHUNK);
        read.push(...chunk.map(([time, latency, status]): Measure => [time, latency, status]));
      }
      const times = read.map(([time]) => time);
      expect(times).toEqual(times.toSorted((a, b) => b - a));
      const expected = pulses.slice(7).map((pulse) => [pulse.event_time, pulse.latency_ms, pulse.status]);
      const byLatency = (a: readonly unknown[], b: readonly unknown[]) => Number(a[1]) - Number(b[1]);
      expect(read.toSorted(byLatency)).toEqual(expected.toSorted(byLatency));
    });

    it("ends at once for an unknown service", async () => {
      expect(await scanChunks(fixture.store, newService())).toEqual([]);
    });

    it("can end early, and lets writes through meanwhile", async () => {
      const service = newService();
      await store(fixture.store, seriesOf(service, 6000, 1000));
      for await (const chunk of fixture.store.scan(service, ALL)) {
        await store(fixture.store, [
          pulseOf({ service_name: service, event_time: START + 20 * HOUR, id: "meanwhile" }),
        ]);
        expect(chunk[0]?.id).toBe("5999");
        break;
      }
      expect((await readPages(fixture.store, service, { limit: 1000 }))[0]?.id).toBe("meanwhile");
    });
  });
}
