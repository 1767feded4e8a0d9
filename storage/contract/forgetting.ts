import { describe, expect, it } from "vitest";
import type { Pulse } from "../../events/pulse.ts";
import { asStored, HOUR, newService, pulseOf, START, seriesOf } from "../testing/pulses.ts";
import { latestOf, readPages, scanChunks, store } from "../testing/read-back.ts";
import type { Fixture, OpenPulseStore } from "./subject.ts";

/** The contract of `forget`. */
export function describeForgetting(fixture: Fixture<OpenPulseStore>): void {
  // At the same time: on Cassandra each forgetting waits some seconds for an era.
  describe.concurrent("forgetting", () => {
    it("removes services with all their pulses, and nothing of others", async () => {
      const [one, two, kept] = [newService("a"), newService("b"), newService("a")];
      const pulses = [one, two, kept].flatMap((service) => seriesOf(service, 1200, HOUR / 100));
      await store(fixture.store, pulses);
      const forgotten: string[] = [];
      await fixture.store.forget([one, two, newService("unknown")], (service) => forgotten.push(service));
      expect(forgotten.slice(0, 2)).toEqual([one, two]);
      for (const service of [one, two]) {
        expect(await readPages(fixture.store, service)).toEqual([]);
        expect(await scanChunks(fixture.store, service)).toEqual([]);
        expect(await latestOf(fixture.store, service)).toBeUndefined();
      }
      const names: string[] = [];
      for await (const chunk of fixture.store.names()) names.push(...chunk);
      expect([one, two, kept].map((service) => names.includes(service))).toEqual([false, false, true]);
      expect((await scanChunks(fixture.store, kept)).flat()).toHaveLength(1200);
      expect((await latestOf(fixture.store, kept))?.id).toBe("1199");
    });

    it("hides nothing that arrives later: neither new pulses nor the same ones, whichever came first", async () => {
      const service = newService();
      const pulses = seriesOf(service, 5, HOUR);
      const [first, , third] = pulses as [Pulse, Pulse, Pulse];
      await store(fixture.store, pulses);
      await fixture.store.forget([service]);
      // The oldest one alone: what was newest before must not hide it.
      await store(fixture.store, [first]);
      expect(await readPages(fixture.store, service)).toEqual([asStored(first)]);
      expect(await latestOf(fixture.store, service)).toEqual(asStored(first));
      const between = pulseOf({ service_name: service, event_time: first.event_time + 1 });
      await store(fixture.store, [third, between]);
      expect(await readPages(fixture.store, service)).toEqual([third, between, first].map(asStored));
      await store(fixture.store, pulses);
      expect(await readPages(fixture.store, service)).toHaveLength(6);
      expect(await latestOf(fixture.store, service)).toEqual(asStored(pulses[4] as Pulse));
      await store(fixture.store, pulses);
      expect(await readPages(fixture.store, service)).toHaveLength(6);
    });

    it("can be done again and again, also by another handle", async () => {
      const { store: own, reopen } = await fixture.open();
      const other = await reopen();
      const service = newService();
      const pulses = seriesOf(service, 3, HOUR);
      for (const forgetter of [own, other]) {
        await store(own, pulses);
        await store(other, pulses);
        expect(await readPages(other, service)).toHaveLength(3);
        await forgetter.forget([service]);
        expect(await readPages(own, service)).toEqual([]);
        expect(await latestOf(other, service)).toBeUndefined();
      }
      await other.forget([service]);
      // Both handles have written to it before, and what they remember of that must not keep it from the list.
      await store(own, pulses.slice(0, 1));
      expect(await latestOf(other, service)).toEqual(asStored(pulses[0] as Pulse));
      await store(other, pulses.slice(1));
      expect(await readPages(own, service)).toHaveLength(3);
      expect(await latestOf(own, service)).toEqual(asStored(pulses[2] as Pulse));
    });

    it("forgets when a pulse without a time arrived first, and stores it once when it comes again", async () => {
      const first = pulseOf({ service_name: newService(), is_time_of_arrival: true });
      await store(fixture.store, [first]);
      await store(fixture.store, [{ ...first, event_time: first.event_time + 7 }]);
      await fixture.store.forget([first.service_name]);
      const again = { ...first, event_time: first.event_time + HOUR };
      await store(fixture.store, [again]);
      await store(fixture.store, [{ ...again, event_time: again.event_time + HOUR }]);
      expect(await readPages(fixture.store, first.service_name)).toEqual([asStored(again)]);
      expect(await latestOf(fixture.store, first.service_name)).toEqual(asStored(again));
    });

    it("while pulses arrive keeps or removes each of these, and keeps every one that arrives once it is done", async () => {
      const { store: own, reopen } = await fixture.open();
      const writer = await reopen();
      const service = newService();
      const old = seriesOf(service, 300, HOUR / 50);
      await store(own, old);
      let isDone = false;
      const forgetting = own.forget([service]).then(() => {
        isDone = true;
      });
      let count = 0;
      let after = Number.POSITIVE_INFINITY;
      while (count < after + 20) {
        if (isDone) after = Math.min(after, count);
        const pulse = pulseOf({ service_name: service, event_time: START + 10 * HOUR + count, id: `new ${count++}` });
        await store(writer, [pulse]);
      }
      await forgetting;
      const read = (await readPages(own, service)).map(({ id }) => id);
      expect(read.filter((id) => !id.startsWith("new"))).toEqual([]);
      for (let i = after; i < count; i++) expect(read).toContain(`new ${i}`);
      expect((await latestOf(own, service))?.id).toBe(`new ${count - 1}`);
    });
  });
}
