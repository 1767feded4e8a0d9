import { once } from "node:events";
import type { Readable } from "node:stream";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { ServiceHealth } from "../../events/service-health.ts";
import type { StoredPulse } from "../../storage/ports.ts";
import { EveryServiceSource } from "./every-service-source.ts";
import { LIVE_DEFAULTS, Live, type LiveOptions } from "./live.ts";
import type { JudgedService } from "./service-list.ts";

function pulseOf(service: string, id = "1", time = 1000): StoredPulse {
  return { service_name: service, event_time: time, latency_ms: 1, status: "ok", id, source: "/pulse" };
}

/** Services whose newest pulses a test sets, and which counts how often it is asked. */
class Services {
  pulses: StoredPulse[] = [];
  asked = 0;
  failure: Error | undefined;
  health: ServiceHealth = "up";
  isInMaintenance = false;
  ownPulse: number | undefined;

  async *chunks(): AsyncGenerator<JudgedService[]> {
    this.asked++;
    if (this.failure !== undefined) throw this.failure;
    for (const pulse of this.pulses) {
      const judgement = { health: this.health, since: undefined, confirmedAt: undefined, cause: "" };
      yield [{ pulse, ...judgement, isInMaintenance: this.isInMaintenance }];
    }
  }

  async judgedUntil(): Promise<number> {
    return 500;
  }

  async ownPulseAt(): Promise<number | undefined> {
    return this.ownPulse;
  }
}

/** Gathers a stream's text and its events. */
function textOf(stream: Readable): { text: string; events: string[] } {
  const read = {
    text: "",
    get events() {
      return [...this.text.matchAll(/event: (\w+)\ndata: (.*)\n\n/g)].map(([, event, data]) => {
        const { service_name: service, services, reason, event_time: time } = JSON.parse(data as string);
        return `${event} ${service ?? services ?? reason}${time === undefined ? "" : `@${Date.parse(time)}`}`;
      });
    },
  };
  stream.on("data", (chunk: Buffer) => {
    read.text += chunk.toString();
  });
  return read;
}

const lives: Live[] = [];
afterEach(() => {
  for (const live of lives.splice(0)) live.end();
});

function openLive(services: Services, options: Partial<LiveOptions> = {}): Live {
  const source = new EveryServiceSource(services, Date.now);
  const explain = async (error: unknown) => (error as Error).message;
  const live = new Live(source, { ...LIVE_DEFAULTS, pollMs: 5, explain, ...options });
  lives.push(live);
  return live;
}

describe("a heartbeat says that nothing is new", () => {
  const MINUTE = 60_000;

  it.each<[string, Partial<Services>, afterMs: number | undefined]>([
    ["a minute after PulseMesh's own newest pulse", { ownPulse: 2000 }, 2000 + MINUTE],
    ["a minute after the newest pulse of all", { ownPulse: 1, pulses: [pulseOf("a", "1", 3000)] }, 3000 + MINUTE],
    ["never while PulseMesh has not pulsed itself", { pulses: [pulseOf("a", "1", 3000)] }, undefined],
  ])("%s", async (_, state, at) => {
    const clock = { now: 5000 };
    const source = new EveryServiceSource(Object.assign(new Services(), state), () => clock.now);
    await source.look();
    clock.now = (at ?? 100 * MINUTE) - 1;
    expect(source.heartbeat()).not.toHaveProperty("nothing_new_since");
    clock.now++;
    if (at === undefined) expect(source.heartbeat()).not.toHaveProperty("nothing_new_since");
    else expect(source.heartbeat()).toMatchObject({ nothing_new_since: new Date(at - MINUTE).toISOString() });
  });

  it("until PulseMesh pulses again", async () => {
    const clock = { now: 5000 };
    const services = Object.assign(new Services(), { ownPulse: 2000 });
    const source = new EveryServiceSource(services, () => clock.now);
    await source.look();
    clock.now = 70_000;
    services.ownPulse = 69_000;
    await source.look();
    expect(source.heartbeat()).toEqual({ judged_until: "1970-01-01T00:00:00.500Z" });
  });
});

describe("a live stream", () => {
  it("begins with the time to reconnect after, and the newest pulse of every service", async () => {
    const services = new Services();
    services.pulses = [pulseOf("a"), pulseOf("b")];
    const read = textOf(openLive(services).listen());
    await vi.waitFor(() => expect(read.events).toEqual(["pulse a@1000", "pulse b@1000", "ready 2"]));
    expect(read.text).toMatch(/^retry: \d+\nevent: pulse\ndata: /);
  });

  it("says that there is no service", async () => {
    const read = textOf(openLive(new Services()).listen());
    await vi.waitFor(() => expect(read.events).toEqual(["ready 0"]));
    expect(read.text).toMatch(/^retry: \d+\nevent: ready\ndata: /);
  });

  it("goes on with changes alone", async () => {
    const services = new Services();
    services.pulses = [pulseOf("a"), pulseOf("b")];
    const read = textOf(openLive(services).listen());
    await vi.waitFor(() => expect(read.events).toHaveLength(3));
    services.pulses = [pulseOf("a"), pulseOf("b", "2", 2000), pulseOf("c", "3", 3000)];
    await vi.waitFor(() => expect(read.events.slice(3)).toEqual(["pulse b@2000", "pulse c@3000"]));
    services.pulses = [pulseOf("b", "2", 2000), pulseOf("c", "4", 3000)];
    await vi.waitFor(() => expect(read.events.slice(5)).toEqual(["pulse c@3000", "gone a"]));
    const { asked } = services;
    await vi.waitFor(() => expect(services.asked).toBeGreaterThan(asked + 2));
    expect(read.events).toHaveLength(7);
  });

  it("shows a service again when it is judged otherwise, and when work on it begins", async () => {
    const services = new Services();
    services.pulses = [pulseOf("a")];
    const read = textOf(openLive(services).listen());
    await vi.waitFor(() => expect(read.events).toHaveLength(2));
    services.health = "late";
    await vi.waitFor(() => expect(read.text).toMatch(/"health":"late".*"in_maintenance":false/));
    services.isInMaintenance = true;
    await vi.waitFor(() => expect(read.text).toMatch(/"health":"late".*"in_maintenance":true/));
    expect(read.events.slice(2)).toEqual(["pulse a@1000", "pulse a@1000"]);
  });

  it("begins with a snapshot for a later listener, and asks the store once for all listeners", async () => {
    const services = new Services();
    services.pulses = [pulseOf("a")];
    const live = openLive(services);
    const first = textOf(live.listen());
    await vi.waitFor(() => expect(first.events).toHaveLength(2));
    services.pulses = [pulseOf("a", "2", 2000)];
    await vi.waitFor(() => expect(first.events).toHaveLength(3));
    const { asked } = services;
    const later = Array.from({ length: 20 }, () => textOf(live.listen()));
    expect(services.asked).toBe(asked);
    await vi.waitFor(() => {
      for (const read of later) expect(read.events).toEqual(["pulse a@2000", "ready 1"]);
    });
    services.pulses = [];
    await vi.waitFor(() => {
      for (const read of [first, ...later]) expect(read.events.at(-1)).toBe("gone a");
    });
  });

  it("asks the store once for all listeners that come before its answer", async () => {
    const services = new Services();
    const live = openLive(services, { pollMs: 60_000 });
    const reads = Array.from({ length: 20 }, () => textOf(live.listen()));
    await vi.waitFor(() => {
      for (const read of reads) expect(read.events).toEqual(["ready 0"]);
    });
    expect(services.asked).toBe(1);
  });

  it("asks the store only while somebody listens, and again for the next listener", async () => {
    const services = new Services();
    const live = openLive(services);
    expect(services.asked).toBe(0);
    const stream = live.listen();
    await vi.waitFor(() => expect(services.asked).toBeGreaterThan(1));
    stream.destroy();
    await once(stream, "close");
    expect(live.listeners).toBe(0);
    const { asked } = services;
    services.pulses = [pulseOf("a", "9", 9000)];
    const read = textOf(live.listen());
    await vi.waitFor(() => expect(read.events).toEqual(["pulse a@9000", "ready 1"]));
    expect(services.asked).toBeGreaterThan(asked);
  });

  it("says once why the store is away, and begins when it is back", async () => {
    const services = new Services();
    services.pulses = [pulseOf("a")];
    services.failure = new Error("no node answers");
    const live = openLive(services);
    const read = textOf(live.listen());
    await vi.waitFor(() => expect(services.asked).toBeGreaterThan(2));
    expect(read.events).toEqual(["away no node answers"]);
    const later = textOf(live.listen());
    services.failure = undefined;
    for (const one of [read, later]) {
      await vi.waitFor(() => expect(one.events).toEqual(["away no node answers", "pulse a@1000", "ready 1"]));
    }
  });

  it("says that the store went away and came back", async () => {
    const services = new Services();
    services.pulses = [pulseOf("a")];
    const live = openLive(services);
    const read = textOf(live.listen());
    await vi.waitFor(() => expect(read.events).toHaveLength(2));
    services.failure = new Error("no node answers");
    await vi.waitFor(() => expect(read.events.at(-1)).toBe("away no node answers"));
    const newcomer = textOf(live.listen());
    expect(newcomer.events).toEqual([]);
    services.failure = undefined;
    services.pulses = [pulseOf("a", "2", 2000)];
    await vi.waitFor(() => expect(read.events.slice(3)).toEqual(["pulse a@2000", "ready 1"]));
    expect(newcomer.events).toEqual(["away no node answers", "pulse a@2000", "ready 1"]);
  });

  it("sends heartbeats as events while nothing changes, even before the store answers", async () => {
    const services = new Services();
    services.failure = new Error("away");
    const live = openLive(services, { heartbeatMs: 5 });
    const read = textOf(live.listen());
    await vi.waitFor(() => expect(read.text).toMatch(/event: heartbeat\ndata: \{"time":"[^"]+Z"\}\n\n/));
    services.failure = undefined;
    await vi.waitFor(() =>
      expect(read.text).toMatch(/ready[\s\S]*event: heartbeat\n.*"judged_until":"1970-01-01T00:00:00.500Z"\}\n/),
    );
  });

  it("drops a listener that does not read, and no other", async () => {
    const services = new Services();
    const live = openLive(services, { maxUnreadBytes: 1000, pollMs: 1 });
    const slow = live.listen();
    const read = textOf(live.listen());
    let time = 0;
    await vi.waitFor(
      () => {
        services.pulses = [pulseOf("a", String(++time), time)];
        expect(slow.destroyed).toBe(true);
      },
      { interval: 2, timeout: 20_000 },
    );
    expect(live.listeners).toBe(1);
    services.pulses = [pulseOf("last")];
    await vi.waitFor(() => expect(read.events).toContain("pulse last@1000"));
  });

  it("ends for every listener when the function stops", async () => {
    const live = openLive(new Services());
    const streams = [live.listen(), live.listen()];
    for (const stream of streams) stream.resume();
    live.end();
    for (const stream of streams) if (!stream.readableEnded) await once(stream, "end");
    expect(live.listeners).toBe(0);
  });
});
