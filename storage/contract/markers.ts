import pLimit from "p-limit";
import { describe, expect, it } from "vitest";
import { MAX_MARKERS, type Marker, type MarkerStore } from "../marker-ports.ts";
import { HOUR, newService, START } from "../testing/pulses.ts";
import type { Fixture, OpenPulseStore } from "./subject.ts";

/** A pulse store that keeps markers. */
export type OpenMarkerStore = OpenPulseStore & { readonly markers: MarkerStore };

const EVER = { from: 0, to: Number.POSITIVE_INFINITY };

/** The contract of `MarkerStore`. */
export function describeMarkers(fixture: Fixture<OpenMarkerStore>): void {
  const markerOf = (service: string, more: Partial<Marker> = {}): Marker => {
    return { service, id: "deploy-7", time: START, text: "“release” 7 😀", link: "https://ci.example/7", ...more };
  };

  describe("markers", () => {
    it("are those of a service in a span, oldest first, with a link or without", async () => {
      const { markers } = fixture.store;
      const [service, other] = [newService(), newService()];
      const [first, second] = [markerOf(service), markerOf(service, { id: "a", time: START + HOUR, link: undefined })];
      const third = markerOf(service, { id: "b", time: START + HOUR });
      for (const marker of [third, second, first, markerOf(other)]) expect(await markers.put(marker)).toBe(true);
      expect(await markers.list(service, EVER)).toEqual([first, second, third]);
      expect(await markers.list(service, { from: START, to: START + HOUR })).toEqual([first]);
      expect(await markers.list(service, { from: START + 1, to: START + HOUR + 1 })).toEqual([second, third]);
      expect(await markers.get(service, "a")).toEqual(second);
      expect(await markers.get(service, "c")).toBeUndefined();
      expect(await markers.list(newService(), EVER)).toEqual([]);
    });

    it("are one for each id, as it was said last", async () => {
      const { markers } = fixture.store;
      const service = newService();
      for (let i = 0; i < 3; i++) await markers.put(markerOf(service, { text: "wrong" }));
      const right = markerOf(service, { time: START + HOUR, text: "a right one", link: undefined });
      await markers.put(right);
      expect(await markers.list(service, EVER)).toEqual([right]);
    });

    it("are seen by every handle, and gone with a forgotten service, which may have new ones", async () => {
      const { store: own, reopen } = await fixture.open();
      const service = newService();
      await own.markers.put(markerOf(service));
      expect(await (await reopen()).markers.list(service, EVER)).toEqual([markerOf(service)]);
      await own.forget([service]);
      expect(await own.markers.list(service, EVER)).toEqual([]);
      await own.markers.put(markerOf(service));
      expect(await own.markers.list(service, EVER)).toHaveLength(1);
    });

    it("are bounded: beyond 500 of a service the oldest go", async () => {
      const { markers } = fixture.store;
      const service = newService();
      const all = Array.from({ length: MAX_MARKERS + 2 }, (_, i) => markerOf(service, { id: `${i}`, time: START + i }));
      // All but the last few at once, which may leave some too many until the next one.
      await pLimit(20).map(all.slice(0, -3), (marker) => markers.put(marker));
      for (const marker of all.slice(-3)) await markers.put(marker);
      const kept = await markers.list(service, EVER);
      expect([kept.length, kept[0]?.time]).toEqual([MAX_MARKERS, START + 2]);
    });
  });
}
