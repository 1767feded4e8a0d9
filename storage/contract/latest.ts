import { describe, expect, it } from "vitest";
import type { Pulse } from "../../events/pulse.ts";
import type { StoredPulse } from "../ports.ts";
import { asStored, HOUR, newService, pulseOf, START, seriesOf } from "../testing/pulses.ts";
import { latestOf, readLatest, store } from "../testing/read-back.ts";
import type { Fixture, OpenPulseStore } from "./subject.ts";

/** The contract of `latest`. */
export function describeLatest(fixture: Fixture<OpenPulseStore>): void {
  describe("the latest pulses", () => {
    it("are one for each service", async () => {
      const run = newService("fleet");
      const names = ["b", "a", "B", "a:b", "a/b", "a.b", "a_b", "a-b", "10", "9", "zz", "Z"].map(
        (name) => `${run}/${name}`,
      );
      await store(
        fixture.store,
        names.flatMap((service) => seriesOf(service, 3, HOUR)),
      );
      const latest = (await readLatest(fixture.store)).filter((pulse) => pulse.service_name.startsWith(run));
      expect(latest.map((pulse) => pulse.service_name)).toEqual(names.toSorted());
      expect(latest.map((pulse) => pulse.id)).toEqual(names.map(() => "2"));
      const read: string[] = [];
      for await (const chunk of fixture.store.names()) read.push(...chunk.filter((name) => name.startsWith(run)));
      expect(read.sort()).toEqual(names.toSorted());
    });

    it("go on after any service, whether it is there or not, in one order, and come without metadata if nobody wants it", async () => {
      const run = newService("order");
      const names = Array.from({ length: 7 }, (_, i) => `${run}/${i}`);
      const metadata = { region: "eu" };
      await store(
        fixture.store,
        names.map((service_name) => pulseOf({ service_name, metadata })),
      );
      const read = async (after?: string, isBare = false) => {
        const pulses: StoredPulse[] = [];
        for await (const chunk of fixture.store.latest(after, isBare)) pulses.push(...chunk);
        return pulses.filter((pulse) => pulse.service_name.startsWith(`${run}/`));
      };
      const whole = await read();
      expect(whole.map((pulse) => pulse.metadata)).toEqual(names.map(() => metadata));
      for (const [i, { service_name: name }] of whole.entries()) expect(await read(name)).toEqual(whole.slice(i + 1));
      expect(await read(undefined, true)).toEqual(whole.map(({ metadata: _, ...bare }) => bare));
      const [first, second] = whole as [StoredPulse, StoredPulse];
      await fixture.store.forget([second.service_name]);
      expect(await read(first.service_name)).toEqual(whole.slice(2));
      expect(await read(second.service_name, true)).toHaveLength(5);
    });

    it("come whole, with their metadata and without", async () => {
      const pulses = [
        pulseOf({ service_name: newService(), metadata: { region: "eu", größe: "✓" }, status: "503", latency_ms: 0.1 }),
        pulseOf({ service_name: newService() }),
      ];
      await store(fixture.store, pulses);
      for (const pulse of pulses) expect(await latestOf(fixture.store, pulse.service_name)).toEqual(asStored(pulse));
    });

    it("have no metadata when the newest pulse has none, although the one before had some", async () => {
      const pulse = pulseOf({ service_name: newService(), metadata: { region: "eu" } });
      const { metadata: _, ...bare } = pulse;
      const next = { ...bare, event_time: START + 5, id: "next" };
      await store(fixture.store, [pulse]);
      await store(fixture.store, [next]);
      expect(await latestOf(fixture.store, pulse.service_name)).toEqual(asStored(next));
    });

    it("never go back in time, in any order of arrival", async () => {
      const service = newService();
      const pulses = seriesOf(service, 6, HOUR);
      let newest = -1;
      for (const i of [2, 0, 3, 1, 5, 4]) {
        await store(fixture.store, [pulses[i] as Pulse]);
        newest = Math.max(newest, i);
        expect(await latestOf(fixture.store, service)).toEqual(asStored(pulses[newest] as Pulse));
      }
      await store(fixture.store, pulses.slice(0, 3));
      expect(await latestOf(fixture.store, service)).toEqual(asStored(pulses[5] as Pulse));
    });

    it("are the newest of a write whose pulses are in no order", async () => {
      const service = newService();
      const pulses = seriesOf(service, 9, HOUR);
      await store(
        fixture.store,
        [3, 8, 1, 0, 7].map((i) => pulses[i] as Pulse),
      );
      expect((await latestOf(fixture.store, service))?.id).toBe("8");
    });

    it("are the newest of many writes at once", async () => {
      const service = newService();
      const pulses = seriesOf(service, 40, 1000);
      await Promise.all(pulses.map((_, i) => store(fixture.store, [pulses[(i * 17) % 40] as Pulse])));
      expect(await latestOf(fixture.store, service)).toEqual(asStored(pulses[39] as Pulse));
    });

    it("are the same one of several of one millisecond in every order of arrival, and never a mixture", async () => {
      const orders = [
        [0, 1, 2],
        [2, 1, 0],
        [1, 2, 0],
        [1, 0, 2],
      ];
      const chosen = new Set<string>();
      for (const order of orders) {
        const service = newService();
        const pulses = [
          pulseOf({ service_name: service, id: "a", source: "/b", latency_ms: 3, status: "aa", metadata: { z: "1" } }),
          pulseOf({ service_name: service, id: "b", source: "/a", latency_ms: 2, status: "cc" }),
          pulseOf({ service_name: service, id: "c", source: "/a", latency_ms: 1, status: "bb", metadata: { a: "2" } }),
        ];
        for (const i of order) await store(fixture.store, [pulses[i] as Pulse]);
        const latest = await latestOf(fixture.store, service);
        expect(pulses.map(asStored)).toContainEqual(latest);
        chosen.add(latest?.id ?? "");
      }
      expect(chosen.size).toBe(1);
    });
  });
}
