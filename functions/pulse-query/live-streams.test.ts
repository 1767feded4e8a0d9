import { pino } from "pino";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type EventStream, listenTo } from "../testing/event-stream.ts";
import { ask, host, openQuery, openStore, pulseOf, put, START } from "../testing/query-function.ts";
import { MAX_WINDOW } from "./pulse-window.ts";

const streams: EventStream[] = [];
afterEach(() => {
  for (const stream of streams.splice(0)) stream.close();
});

async function listen(path: string, lastId?: string, url = host.url): Promise<EventStream> {
  const stream = await listenTo(`${url}${path}`, lastId);
  streams.push(stream);
  return stream;
}

/** Waits for a stream that is ready. */
async function listenReady(path: string, lastId?: string, url = host.url): Promise<EventStream> {
  const stream = await listen(path, lastId, url);
  await vi.waitFor(() => expect(stream.events.at(-1)?.event).toBe("ready"));
  return stream;
}

const pulseIds = ({ events }: EventStream) =>
  events.filter(({ event }) => event === "pulse").map(({ data }) => data.id);
/** Pulses of a service, one a ms from a moment on, with ids of a kind. */
const pulsesFrom = (service: string, kind: string, count: number, time: number) =>
  Array.from({ length: count }, (_, i) => pulseOf({ service_name: service, event_time: time + i, id: `${kind}-${i}` }));

describe("GET /services/{service}/live", () => {
  it("begins with the service and its newest pulses, and goes on with each new one", async () => {
    await put(...Array.from({ length: 60 }, (_, i) => pulseOf({ service_name: "watched", event_time: START + i })));
    const stream = await listen("/services/watched/live");
    await vi.waitFor(() => expect(stream.text).toContain('event: ready\ndata: {"pulses":50}\n'));
    expect(stream.text.match(/event: service\n/g)).toHaveLength(1);
    expect(stream.text.match(/event: pulse\n/g)).toHaveLength(50);
    const before = stream.text.length;
    const pair = ["ok", "down"].map((status, i) =>
      pulseOf({ service_name: "watched", status, event_time: START + 70 + i, id: `live-${i}` }),
    );
    await put(...pair, pulseOf({ service_name: "another" }));
    await vi.waitFor(() => {
      const after = stream.text.slice(before);
      expect(after.match(/"id":"live-[01]"/g)).toHaveLength(2);
      expect(after).toMatch(/event: service\ndata: \{"service_name":"watched","health":"down"/);
    });
  });

  it("shows each of 400 pulses that come together, oldest first, and a late one", async () => {
    await put(...pulsesFrom("burst", "before", 200, START));
    const stream = await listenReady("/services/burst/live");
    const begun = stream.events.length;
    const burst = pulsesFrom("burst", "together", 400, START + 1000);
    await put(...burst);
    await vi.waitFor(() => expect(pulseIds(stream).slice(50)).toEqual(burst.map(({ id }) => id)));
    await put(pulseOf({ service_name: "burst", event_time: START + 1050, id: "late" }));
    await vi.waitFor(() => expect(pulseIds(stream).at(-1)).toBe("late"));
    const shown = stream.events.slice(begun).filter(({ event }) => event === "pulse");
    expect(new Set(shown.map(({ id }) => id)).size).toBe(401);
    expect(stream.events.filter(({ event }) => event === "gap")).toEqual([]);
  });

  it("names the time of pulses that are too many to show", async () => {
    await put(...pulsesFrom("flood", "before", 10, START));
    const stream = await listenReady("/services/flood/live");
    await put(...pulsesFrom("flood", "together", 2000, START + 1000));
    const gap = await vi.waitFor(() => {
      const found = stream.events.find(({ event }) => event === "gap");
      expect(found).toBeDefined();
      return found?.data;
    });
    await vi.waitFor(() => expect(pulseIds(stream)).toHaveLength(510));
    const { body } = await ask(`/services/flood/pulses?to=${gap.to}&limit=1000`);
    const more = await ask(`/services/flood/pulses?to=${gap.to}&limit=1000&cursor=${body.cursor}`);
    const missed = [...body.pulses, ...more.body.pulses].map(({ id }) => id);
    expect(new Set([...missed, ...pulseIds(stream)]).size).toBe(2010);
  });

  it("goes on after the last event that a listener has seen: nothing is lost, nothing comes twice", async () => {
    await put(...pulsesFrom("resumed", "before", 100, START));
    const first = await listenReady("/services/resumed/live");
    const burst = pulsesFrom("resumed", "seen", 20, START + 1000);
    await put(...burst);
    await vi.waitFor(() => expect(pulseIds(first)).toHaveLength(70));
    first.close();
    const missed = [
      ...pulsesFrom("resumed", "late", 5, START + 500),
      ...pulsesFrom("resumed", "missed", 120, START + 2000),
    ];
    await put(...missed);
    // The late ones may be seen by a later look than the others.
    const again = await listenReady("/services/resumed/live", first.lastId);
    await vi.waitFor(() => expect(pulseIds(again)).toHaveLength(missed.length));
    expect(pulseIds(again).sort()).toEqual(missed.map(({ id }) => id).sort());
    again.close();
    const middle = again.events.filter(({ event }) => event === "pulse")[60]?.id;
    const third = await listenReady("/services/resumed/live", middle);
    expect(pulseIds(third)).toEqual(pulseIds(again).slice(61));
    third.close();
    const fourth = await listenReady("/services/resumed/live", third.lastId);
    expect(fourth.events.map(({ event }) => event)).toEqual(["service", "ready"]);
  });

  it("names the time of pulses that came meanwhile below one that was seen, and that are too many to go on with", async () => {
    const ahead = pulsesFrom("clocks", "ahead", 1, START + 60_000);
    await put(...pulsesFrom("clocks", "before", MAX_WINDOW, START), ...ahead);
    const first = await listenReady("/services/clocks/live");
    first.close();
    await put(...pulsesFrom("clocks", "meanwhile", 700, START + 1000));
    const again = await listenReady("/services/clocks/live", first.lastId);
    expect(pulseIds(again)).toEqual(
      pulsesFrom("clocks", "meanwhile", 700, START)
        .map(({ id }) => id)
        .slice(201),
    );
    const gap = again.events.find(({ event }) => event === "gap");
    const times = { from: new Date(START + 1).toISOString(), to: new Date(START + 1202).toISOString() };
    expect(gap?.data).toEqual(times);
    again.close();
    const third = await listenReady("/services/clocks/live", again.lastId);
    expect(third.events.map(({ event }) => event)).toEqual(["service", "ready"]);
    third.close();
    const strange = again.lastId?.replace(/-[0-9a-f]{12}-/, `-${"0".repeat(12)}-`);
    const other = await listenReady("/services/clocks/live", strange);
    expect(other.events.find(({ event }) => event === "gap")?.data).toEqual({
      ...times,
      from: new Date(START).toISOString(),
    });
  });

  it("goes on in another process by the time, and repeats at most a minute", async () => {
    const store = openStore();
    const write = async (...pulses: Parameters<typeof put>) => expect((await store.write(pulses)).kind).toBe("stored");
    const [one, other] = await Promise.all([openQuery({ store }), openQuery({ store })]);
    await write(...pulsesFrom("moved", "old", 10, START), ...pulsesFrom("moved", "recent", 10, START + 300_000));
    const first = await listenReady("/services/moved/live", undefined, one.host.url);
    await write(...pulsesFrom("moved", "missed", 100, START + 301_000));
    const again = await listenReady("/services/moved/live", first.lastId, other.host.url);
    const counts = Object.groupBy(pulseIds(again), (id: string) => id.split("-")[0] as string);
    expect([counts.old?.length, counts.recent?.length, counts.missed?.length]).toEqual([undefined, 10, 100]);
    const strange = await listenReady("/services/moved/live", "what?", other.host.url);
    expect(pulseIds(strange)).toHaveLength(50);
    await other.host.close();
    await one.host.close();
  });

  it("goes on for each of forty services whose listeners connect again together", async () => {
    const services = Array.from({ length: 40 }, (_, i) => `together-${i}`);
    await put(...services.map((service) => pulseOf({ service_name: service })));
    const first = await Promise.all(services.map((service) => listenReady(`/services/${service}/live`)));
    for (const stream of first) stream.close();
    const again = await Promise.all(first.map(({ lastId }, i) => listenReady(`/services/together-${i}/live`, lastId)));
    expect(again.flatMap(pulseIds)).toEqual([]);
  });

  it("shows the first pulse of a service", async () => {
    const stream = await listenReady("/services/first/live");
    expect(stream.events).toMatchObject([{ event: "ready", data: { pulses: 0 } }]);
    await put(pulseOf({ service_name: "first", id: "one" }));
    await vi.waitFor(() => expect(pulseIds(stream)).toEqual(["one"]));
  });
});

describe("GET /live", () => {
  it("streams a pulse soon after it was stored", async () => {
    const stream = await listen("/live");
    expect(stream.headers).toMatchObject({ "content-type": "text/event-stream", "cache-control": "no-store" });
    await vi.waitFor(() => expect(stream.text).toContain("event: ready\n"));
    expect(stream.text).not.toContain('"live-one"');
    await put(pulseOf({ service_name: "live-one", status: "down" }));
    await vi.waitFor(() =>
      expect(stream.text).toMatch(/event: pulse\ndata: \{"service_name":"live-one","health":"down".*\n\n/),
    );
  });

  it("answers HEAD at once", async () => {
    const response = await fetch(`${host.url}/live`, { method: "HEAD" });
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
  });

  it("refuses parameters", async () => {
    expect((await ask("/live?service=a")).status).toBe(400);
  });
});

describe("pulse-query", () => {
  it("tells listeners what readiness says while the store does not answer", async () => {
    const store = openStore();
    const { fn, host: own } = await openQuery({ store, live: { pollMs: 5 } });
    const stream = await listenReady("/live", undefined, own.url);
    await store.close();
    const reason = await fn.check().catch((error: Error) => error.message);
    await vi.waitFor(() => expect(stream.events.at(-1)).toEqual({ event: "away", data: { reason } }));
    for (const path of ["/live", "/services/a/live"]) {
      const later = await listen(path, undefined, own.url);
      await vi.waitFor(() => expect(later.events).toMatchObject([{ event: "away", data: { reason } }]));
    }
    await own.close();
  });

  it("has a line a second in its log while the store does not answer, however many streams ask", async () => {
    const lines: string[] = [];
    const log = pino({}, { write: (line) => void lines.push(JSON.parse(line).msg) });
    const store = openStore();
    const looks = vi.spyOn(store, "check");
    const { host: own } = await openQuery({ store, live: { pollMs: 1 }, log });
    for (const path of ["/live", "/services/a/live", "/services/b/live"]) await listenReady(path, undefined, own.url);
    const startedAt = performance.now();
    await store.close();
    await vi.waitFor(() => expect(looks.mock.calls.length).toBeGreaterThan(30));
    const seconds = (performance.now() - startedAt) / 1000;
    const said = lines.filter((line) => line === "the store did not answer: live listeners wait");
    expect(said.length).toBeLessThanOrEqual(1 + seconds);
    expect(said.length).toBeGreaterThan(0);
    await own.close();
  });

  it("ends its live streams when it stops, and begins no other", async () => {
    const { fn, host: ownHost } = await openQuery({ store: openStore() });
    const response = await fetch(`${ownHost.url}/live`);
    fn.onDrain?.();
    expect(await response.text()).toMatch(/^retry: /);
    const refused = await fetch(`${ownHost.url}/live`);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "2"]);
    await refused.body?.cancel();
    await ownHost.close();
  });
});
