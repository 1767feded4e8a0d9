import { describe, expect, it } from "vitest";
import type { Pulse } from "../../events/pulse.ts";
import { StoreError } from "../store-error.ts";
import { asStored, HOUR, newService, pulseOf, seriesOf } from "../testing/pulses.ts";
import { latestOf, readLatest, readPages, store } from "../testing/read-back.ts";
import type { Fixture, OpenPulseStore } from "./subject.ts";

/** The contract of `check` and `close`, and of opening the same data again. */
export function describeLifecycle(fixture: Fixture<OpenPulseStore>): void {
  describe("its lifecycle", () => {
    it("is ready once it is open", async () => {
      await expect(fixture.store.check()).resolves.toBeUndefined();
    });

    it("has kept everything when it opens again", async () => {
      const { store: own, reopen } = await fixture.open();
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

    it("finishes the writes under way before it closes", async () => {
      const { store: own, reopen } = await fixture.open();
      const pulses = seriesOf(newService(), 300, 1000);
      const writes = Array.from({ length: 30 }, (_, i) => own.write(pulses.slice(i * 10, i * 10 + 10)));
      await own.close();
      expect(new Set((await Promise.all(writes)).map((outcome) => outcome.kind))).toEqual(new Set(["stored"]));
      const again = await reopen();
      expect(await readPages(again, pulses[0]?.service_name ?? "")).toHaveLength(300);
      await again.close();
    });

    it("can be closed twice, even at the same time; then it answers writes with retry and is not ready", async () => {
      const { store: own } = await fixture.open();
      await Promise.all([own.close(), own.close()]);
      await own.close();
      const outcome = await own.write([pulseOf({ service_name: newService() })]);
      expect(outcome).toMatchObject({ kind: "retry", reason: expect.any(String), retryAfterMs: expect.any(Number) });
      await expect(own.check()).rejects.toThrow(/Expected/);
      // What a reader may call an absent store.
      const span = { from: 0, to: Date.now() };
      await expect(readLatest(own)).rejects.toBeInstanceOf(StoreError);
      await expect(own.page("a", span, 1)).rejects.toBeInstanceOf(StoreError);
      await expect(own.scan("a", span)[Symbol.asyncIterator]().next()).rejects.toBeInstanceOf(StoreError);
    });

    it("shows at once to one handle what another has written", async () => {
      const { store: own, reopen } = await fixture.open();
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
