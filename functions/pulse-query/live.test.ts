import { once } from "node:events";
import type { Readable } from "node:stream";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ListedServices, pulseOf } from "../testing/listed-services.ts";
import { EveryServiceSource } from "./every-service-source.ts";
import { LIVE_DEFAULTS, Live, type LiveOptions } from "./live.ts";

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

function openLive(services: ListedServices, options: Partial<LiveOptions> = {}): Live {
  const source = new EveryServiceSource(services, Date.now);
  const explain = async (error: unknown) => (error as Error).message;
  const live = new Live(source, { ...LIVE_DEFAULTS, pollMs: 5, explain, ...options });
  lives.push(live);
  return live;
}

describe("a live stream", () => {
  it("begins with the time to reconnect after, and the newest pulse of every service", async () => {
    const services = new ListedServices();
    services.pulses = [pulseOf("a"), pulseOf("b")];
    const read = textOf(openLive(services).listen());
    await vi.waitFor(() => expect(read.events).toEqual(["pulse a@1000", "pulse b@1000", "ready 2"]));
    expect(read.text).toMatch(/^retry: \d+\nevent: pulse\ndata: /);
  });

  it("says that there is no service", async () => {
    const read = textOf(openLive(new ListedServices()).listen());
    await vi.waitFor(() => expect(read.events).toEqual(["ready 0"]));
    expect(read.text).toMatch(/^retry: \d+\nevent: ready\ndata: /);
  });

  it("goes on with changes alone", async () => {
    const services = new ListedServices();
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
    const services = new ListedServices();
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
    const services = new ListedServices();
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
    const services = new ListedServices();
    const live = openLive(services, { pollMs: 60_000 });
    const reads = Array.from({ length: 20 }, () => textOf(live.listen()));
    await vi.waitFor(() => {
      for (const read of reads) expect(read.events).toEqual(["ready 0"]);
    });
    expect(services.asked).toBe(1);
  });

  it("asks the store only while somebody listens, and again for the next listener", async () => {
    const services = new ListedServices();
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
    const services = new ListedServices();
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
    const services = new ListedServices();
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
    const services = new ListedServices();
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
    const services = new ListedServices();
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
    const live = openLive(new ListedServices());
    const streams = [live.listen(), live.listen()];
    for (const stream of streams) stream.resume();
    live.end();
    for (const stream of streams) if (!stream.readableEnded) await once(stream, "end");
    expect(live.listeners).toBe(0);
  });
});
