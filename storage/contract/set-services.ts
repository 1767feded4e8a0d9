import { describe, expect, it } from "vitest";
import type { SetService } from "../health-ports.ts";
import { HOUR, newService, START } from "../testing/pulses.ts";
import type { OpenHealthStore } from "./health.ts";
import type { Fixture } from "./subject.ts";

/** The contract of `ServiceSetter`. */
export function describeSetServices(fixture: Fixture<OpenHealthStore>): void {
  const work = { from: START, to: START + HOUR, reason: "the disk is replaced 😀" };

  /** What is set for a service, whichever handle asks. */
  async function setOf(service: string, of = fixture.store): Promise<Omit<SetService, "service"> | undefined> {
    for await (const chunk of of.health.set()) {
      const found = chunk.find((one) => one.service === service);
      if (found !== undefined) return { isRetired: found.isRetired, work: found.work };
    }
    return undefined;
  }

  describe("what is set for a service", () => {
    it("is that it is retired, until it is no more", async () => {
      const { health } = fixture.store;
      const service = newService();
      expect(await setOf(service)).toBeUndefined();
      for (let i = 0; i < 3; i++) {
        expect(await health.retire(service, true)).toBe(true);
        expect(await setOf(service)).toEqual({ isRetired: true, work: undefined });
        expect(await health.retire(service, false)).toBe(true);
        expect(await setOf(service)).toBeUndefined();
      }
    });

    it("is which work is planned, the last that was said, beside whether it is retired", async () => {
      const { health } = fixture.store;
      const [service, other] = [newService(), newService()];
      await health.plan(service, { ...work, reason: "another" });
      expect(await health.plan(service, work)).toBe(true);
      expect(await setOf(service)).toEqual({ isRetired: false, work });
      await health.retire(service, true);
      expect(await setOf(service)).toEqual({ isRetired: true, work });
      expect(await setOf(other)).toBeUndefined();
      await health.plan(service, undefined);
      expect(await setOf(service)).toEqual({ isRetired: true, work: undefined });
      await health.retire(service, false);
      expect(await setOf(service)).toBeUndefined();
    });

    it("is seen by every handle, and is gone with a forgotten service", async () => {
      const { store: own, reopen } = await fixture.open();
      const service = newService();
      await own.health.plan(service, work);
      expect(await setOf(service, await reopen())).toEqual({ isRetired: false, work });
      await own.forget([service]);
      expect(await setOf(service, own)).toBeUndefined();
      await own.health.retire(service, true);
      expect(await setOf(service, own)).toEqual({ isRetired: true, work: undefined });
    });
  });
}
