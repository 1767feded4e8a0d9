import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import type { PulseReader, StoredPulse } from "../../storage/ports.ts";
import { type JudgedService, ServiceList } from "./service-list.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const now = Date.UTC(2026, 5, 1);

/** A store that holds these pulses, and records the service of each page that is read. */
class Shelf implements Pick<PulseReader, "latest" | "page"> {
  readonly pulses: StoredPulse[] = [];
  readonly asked: string[] = [];
  wait: (service: string) => Promise<void> = async () => undefined;

  /** Adds pulses of a service that are so old, in ms. */
  put(service: string, ...ages: number[]): this {
    for (const age of ages) {
      const id = String(this.pulses.length);
      this.pulses.push({
        service_name: service,
        event_time: now - age,
        latency_ms: 1,
        status: "ok",
        id,
        source: "/pulse",
      });
    }
    this.pulses.sort((a, b) => b.event_time - a.event_time);
    return this;
  }

  async *latest(): AsyncGenerator<StoredPulse[]> {
    const newest = new Map<string, StoredPulse>();
    for (const pulse of this.pulses) if (!newest.has(pulse.service_name)) newest.set(pulse.service_name, pulse);
    const sorted = [...newest.values()].sort((a, b) => (a.service_name < b.service_name ? -1 : 1));
    for (let i = 0; i < sorted.length; i += 15) yield sorted.slice(i, i + 15);
  }

  async page(service: string, { from, to }: { from: number; to: number }, limit: number) {
    this.asked.push(service);
    await this.wait(service);
    const inside = this.pulses.filter(
      (pulse) => pulse.service_name === service && pulse.event_time >= from && pulse.event_time < to,
    );
    const pulses = inside.slice(0, limit);
    return { ok: true as const, value: { pulses, ...(inside.length > limit && { cursor: "more" }) } };
  }
}

/** The ages of `count` pulses, of which the newest is `first` old. */
function every(stepMs: number, count: number, first: number): number[] {
  return Array.from({ length: count }, (_, i) => first + i * stepMs);
}

/** Every service, as a list shows it. */
async function all(services: ServiceList): Promise<JudgedService[]> {
  const listed: JudgedService[] = [];
  for await (const chunk of services.chunks()) listed.push(...chunk);
  return listed;
}

async function healthsOf(shelf: Shelf): Promise<string[]> {
  return (await all(new ServiceList({ reader: shelf, now: () => now }))).map(
    ({ pulse, health }) => `${pulse.service_name} ${health}`,
  );
}

describe("a list of services", () => {
  it("calls a service late after three of its usual periods and a minute of silence", async () => {
    const shelf = new Shelf()
      .put("each-minute", ...every(MINUTE, 20, 5 * MINUTE))
      .put("each-ten-minutes", ...every(10 * MINUTE, 20, 25 * MINUTE))
      .put("hourly-once", ...every(HOUR, 3, 4 * HOUR))
      .put("new", 2 * HOUR)
      .put("pulsing", ...every(SECOND, 100, 0));
    expect(await healthsOf(shelf)).toEqual([
      "each-minute late",
      "each-ten-minutes up",
      "hourly-once up",
      "new up",
      "pulsing up",
    ]);
  });

  it("learns the period of dense pulses and of bursts", async () => {
    const bursts = every(30 * MINUTE, 6, 2 * HOUR).flatMap((age) => every(1, 400, age));
    const shelf = new Shelf().put("dense", ...every(100, 3000, 3 * MINUTE)).put("bursts", ...bursts);
    expect(await healthsOf(shelf)).toEqual(["bursts late", "dense late"]);
    const services = new ServiceList({ reader: shelf, now: () => now });
    expect((await services.one("bursts"))?.usualPeriodMs).toBe(30 * MINUTE);
    expect((await services.one("dense"))?.usualPeriodMs).toBe(28 * SECOND);
  });

  it("learns from the newest eight gaps, within a long burst or between two bursts", async () => {
    const bursts = (seconds: number) => every(HOUR, 4, 2 * HOUR).flatMap((age) => every(SECOND, seconds, age));
    const shelf = new Shelf().put("two-minutes", ...bursts(120)).put("ten-minutes", ...bursts(600));
    const services = new ServiceList({ reader: shelf, now: () => now });
    // Five sightings a burst: eight gaps back is the second sighting of the one before.
    expect((await services.one("two-minutes"))?.usualPeriodMs).toBe((HOUR + 3 * 28 * SECOND) / 8);
    expect((await services.one("ten-minutes"))?.usualPeriodMs).toBe(28 * SECOND);
  });

  it("reads at most a page for each sighting", async () => {
    const shelf = new Shelf().put("minutes", ...every(MINUTE, 400, HOUR)).put("dense", ...every(100, 9000, HOUR));
    await all(new ServiceList({ reader: shelf, now: () => now }));
    expect(shelf.asked.filter((service) => service === "minutes")).toHaveLength(1);
    expect(shelf.asked.filter((service) => service === "dense")).toHaveLength(9);
  });

  it("learns again about services that may be late and have pulsed since: 32 before the answer, the others after it", async () => {
    const shelf = new Shelf();
    for (let i = 0; i < 40; i++) shelf.put(`service-${i}`, ...every(MINUTE, 10, 5 * MINUTE));
    let time = now;
    const services = new ServiceList({ reader: shelf, now: () => time });
    await all(services);
    for (let i = 0; i < 40; i++) shelf.put(`service-${i}`, ...every(-28 * SECOND, 10, 4 * MINUTE));
    time += 4 * MINUTE;
    // Late after four minutes by the period of a minute, after 2.4 by the newest eight gaps.
    const isLate = ({ health }: { health: string }) => health === "late";
    expect((await all(services)).filter(isLate)).toHaveLength(32);
    await vi.waitFor(async () => expect((await all(services)).filter(isLate)).toHaveLength(40));
  });

  it("learns about services that pulse after the answer, and about each once", async () => {
    const shelf = new Shelf().put("pulsing", ...every(SECOND, 100, 0)).put("silent", ...every(MINUTE, 10, HOUR));
    const services = new ServiceList({ reader: shelf, now: () => now });
    const { promise, resolve } = Promise.withResolvers<void>();
    shelf.wait = async (service) => (service === "pulsing" ? await promise : undefined);
    expect((await all(services)).map(({ health }) => health)).toEqual(["up", "late"]);
    expect(shelf.asked).toEqual(["silent", "pulsing"]);
    resolve();
    await vi.waitFor(() => expect(shelf.asked).toEqual(["silent", ...Array(5).fill("pulsing")])); // Four sightings, and no fifth.
    for (let i = 0; i < 5; i++) await all(services);
    expect(shelf.asked.filter((service) => service === "silent")).toHaveLength(1);
    expect(shelf.asked).toHaveLength(6);
  });

  it("knows services that all fall silent at once", async () => {
    const shelf = new Shelf();
    for (let i = 0; i < 50; i++) shelf.put(`service-${i}`, ...every(MINUTE, 10, 0));
    let time = now;
    const services = new ServiceList({ reader: shelf, now: () => time });
    await services.prepare();
    expect(shelf.asked.length).toBeLessThan(50);
    await vi.waitFor(async () => {
      await all(services);
      expect(new Set(shelf.asked).size).toBe(50);
    });
    time += HOUR;
    shelf.wait = async () => {
      throw new Error("Expected nothing to be read");
    };
    expect(new Set((await all(services)).map(({ health }) => health))).toEqual(new Set(["late"]));
  });

  it("is prepared once, and again when the store was away", async () => {
    const shelf = new Shelf().put("silent", ...every(MINUTE, 10, HOUR));
    const services = new ServiceList({ reader: shelf, now: () => now });
    shelf.wait = async () => {
      throw new Error("away");
    };
    await expect(services.prepare()).rejects.toThrow("away");
    shelf.wait = async () => undefined;
    await services.prepare();
    await services.prepare();
    expect(shelf.asked).toEqual(["silent", "silent"]);
  });

  it("reads no further when the store goes away", async () => {
    const shelf = new Shelf();
    for (let i = 0; i < 100; i++) shelf.put(`service-${i}`, ...every(MINUTE, 10, HOUR));
    shelf.wait = async () => {
      throw new Error("away");
    };
    await expect(all(new ServiceList({ reader: shelf, now: () => now }))).rejects.toThrow("away");
    await nextTurn();
    expect(shelf.asked.length).toBeLessThan(50);
  });

  it("keeps a period while pulses go on, and learns it again after ten minutes", async () => {
    const shelf = new Shelf().put("checkout", ...every(5 * MINUTE, 10, 4 * MINUTE));
    let time = now;
    const services = new ServiceList({ reader: shelf, now: () => time });
    await all(services);
    time += 5 * MINUTE;
    shelf.put("checkout", -4 * MINUTE);
    await all(services);
    expect(shelf.asked).toHaveLength(1);
    time += 10 * MINUTE;
    shelf.put("checkout", -13 * MINUTE);
    await all(services);
    await vi.waitFor(() => expect(shelf.asked).toHaveLength(2));
  });

  it("forgets the periods of services that have gone", async () => {
    const shelf = new Shelf().put("a", ...every(MINUTE, 10, HOUR)).put("b", ...every(MINUTE, 10, HOUR));
    const services = new ServiceList({ reader: shelf, now: () => now });
    await all(services);
    const gone = shelf.pulses.splice(0).filter((pulse) => pulse.service_name === "a");
    await all(services);
    shelf.pulses.push(...gone);
    await all(services);
    expect(shelf.asked).toEqual(["a", "b", "a"]);
  });

  it("tells when one service will be late, and nothing about a service that never pulsed", async () => {
    const shelf = new Shelf().put("checkout", ...every(MINUTE, 5, 0)).put("new", HOUR);
    const services = new ServiceList({ reader: shelf, now: () => now });
    expect(await services.one("checkout")).toMatchObject({
      health: "up",
      usualPeriodMs: MINUTE,
      lateAt: now + 4 * MINUTE,
    });
    expect(await services.one("new")).toMatchObject({ health: "up", usualPeriodMs: undefined, lateAt: undefined });
    expect(await services.one("nobody")).toBeUndefined();
  });
});
