import { describe, expect, it } from "vitest";
import { type CloudEvent, PULSE_TYPE, PULSES_TYPE } from "./cloud-event.ts";
import { decodeEvents, encodeBinary } from "./http-binding.ts";
import { encodePulse, type Pulse } from "./pulse.ts";
import { eventOfMany, eventOfOne, INGEST_SOURCE, pulsesOf, type ReceiveContext } from "./pulse-event.ts";
import { DAY_MS } from "./time.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");
const CONTEXT: ReceiveContext = { now: NOW, retentionMs: 30 * DAY_MS, maxPulses: 3 };
const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const FIELDS = { service_name: "checkout", latency_ms: 12.5, status: "ok" };

function pulseWith(changes: Partial<Pulse> = {}): Pulse {
  return { ...FIELDS, event_time: NOW - 1000, id: "p-1", source: "/shop", ...changes };
}

function eventWith(data: unknown, changes: Partial<CloudEvent> = {}): CloudEvent {
  return {
    id: "e-1",
    source: "/shop",
    type: PULSE_TYPE,
    extensions: {},
    data: { kind: "json", value: data },
    ...changes,
  };
}

function manyWith(data: unknown, changes: Partial<CloudEvent> = {}): CloudEvent {
  return eventWith(data, { type: PULSES_TYPE, ...changes });
}

function pulsesIn(event: CloudEvent, context = CONTEXT): Pulse[] {
  const parsed = pulsesOf(event, context);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return parsed.value;
}

function pointersOf(event: CloudEvent, pointer = ""): string[] {
  const parsed = pulsesOf(event, CONTEXT, pointer);
  return parsed.ok ? [] : parsed.faults.map((one) => one.pointer);
}

/** The event as a broker delivers it: over HTTP, with the time of arrival. */
function deliver(event: CloudEvent, arrival = "2026-03-01T11:59:59.500Z"): CloudEvent {
  const { headers, body } = encodeBinary(event);
  const read = decodeEvents("binary", { ...headers, "ce-knativearrivaltime": arrival }, body);
  if (!read.ok) throw new Error(JSON.stringify(read.faults));
  return read.value[0] as CloudEvent;
}

describe("an event of one pulse", () => {
  it("gives the pulse its identity, its time and its trace context", () => {
    const event = eventWith(FIELDS, { time: "2026-03-01T11:00:00Z", extensions: { traceparent: TRACEPARENT } });
    expect(pulsesIn(event)).toEqual([
      { ...FIELDS, event_time: NOW - 3_600_000, id: "e-1", source: "/shop", traceparent: TRACEPARENT },
    ]);
  });

  it("dates a pulse without a time by its arrival at the broker, the same at each delivery", () => {
    const event = eventWith(FIELDS, { extensions: { knativearrivaltime: "2026-03-01T11:59:00.25Z" } });
    expect(pulsesIn(event)).toMatchObject([{ event_time: NOW - 59_750, is_time_of_arrival: true }]);
    expect(pulsesIn(event, { ...CONTEXT, now: NOW + 60_000 })).toEqual(pulsesIn(event));
  });

  it("dates it by now when the broker noted no arrival, or nonsense", () => {
    expect(pulsesIn(eventWith(FIELDS))).toMatchObject([{ event_time: NOW, is_time_of_arrival: true }]);
    expect(pulsesIn(eventWith(FIELDS, { extensions: { knativearrivaltime: "soon" } }))[0]?.event_time).toBe(NOW);
  });

  it("dates it by the first arrival of an event that was replayed, as an arrival and not as a time that was given", () => {
    const again = { knativearrivaltime: "2026-03-01T11:59:00Z" };
    const datedBy = (pulsearrival: string, extensions: Record<string, string> = again) =>
      pulsesIn(eventWith(FIELDS, { extensions: { ...extensions, pulsearrival } }))[0];
    const first = Date.parse("2026-02-27T08:00:00Z");
    expect(datedBy("2026-02-27T08:00:00Z")).toMatchObject({ event_time: first, is_time_of_arrival: true });
    expect(datedBy("2026-02-27T08:00:00Z", {})).toMatchObject({ event_time: first, is_time_of_arrival: true });
    for (const claimed of ["2026-03-01T11:59:30Z", "2026-06-01T00:00:00Z", "soon"]) {
      expect(datedBy(claimed)).toMatchObject({ event_time: NOW - 60_000, is_time_of_arrival: true });
    }
  });

  it("leaves out a malformed trace context", () => {
    expect(pulsesIn(eventWith(FIELDS, { extensions: { traceparent: "00-x" } }))[0]).not.toHaveProperty("traceparent");
  });

  it("may repeat only its own id in the pulse", () => {
    expect(pulsesIn(eventWith({ ...FIELDS, id: "e-1" }))[0]?.id).toBe("e-1");
    expect(pointersOf(eventWith({ ...FIELDS, id: "other" }))).toEqual(["/data/id"]);
  });

  it.each<[string, Partial<CloudEvent>, string]>([
    ["of another type", { type: "com.example.order" }, "/type"],
    ["with data that is not JSON by its type", { datacontenttype: "text/xml" }, "/datacontenttype"],
    ["without data", { data: { kind: "none" } }, "/data"],
    ["with broken JSON", { data: { kind: "bytes", bytes: Buffer.from("{") } }, "/data"],
    ["with a string that holds JSON", { data: { kind: "json", value: JSON.stringify(FIELDS) } }, "/data"],
    ["with too long an id", { id: "x".repeat(129) }, "/id"],
    ["with too long a source", { source: "x".repeat(513) }, "/source"],
    ["with a bad pulse", { data: { kind: "json", value: { ...FIELDS, status: "" } } }, "/data/status"],
    ["that is too old", { time: "2026-01-01T00:00:00Z" }, "/data/event_time"],
    ["that arrived too long ago", { extensions: { pulsearrival: "2026-01-01T00:00:00Z" } }, "/data/event_time"],
  ])("is refused: one %s", (_, changes, pointer) => {
    expect(pointersOf(eventWith(FIELDS, changes))).toEqual([pointer]);
    expect(pointersOf(eventWith(FIELDS, changes), "/7")).toEqual([`/7${pointer}`]);
  });

  it("takes any JSON type, and bytes that hold JSON, with or without a byte order mark", () => {
    const types = ["application/vnd.pulse+json; a=b", "text/json", "Text/JSON; charset=utf-8"];
    for (const [i, datacontenttype] of types.entries()) {
      const bytes = Buffer.from((i === 0 ? "" : "\ufeff") + JSON.stringify(FIELDS));
      expect(pulsesIn(eventWith(undefined, { data: { kind: "bytes", bytes }, datacontenttype }))).toHaveLength(1);
    }
  });

  it("says of a string that holds JSON that the sender's SDK wants the object", () => {
    const rules = {
      [PULSE_TYPE]: "Expected a pulse: an object",
      [PULSES_TYPE]: "Expected an object with an array of pulses",
    };
    for (const [type, rule] of Object.entries(rules)) {
      const parsed = pulsesOf(eventWith(JSON.stringify(FIELDS), { type }), CONTEXT);
      const got = "a string that holds JSON: hand the SDK the object";
      expect(parsed).toEqual({ ok: false, faults: [{ pointer: "/data", rule, got }] });
    }
  });

  it("counts characters, so that the longest id and source pass through a broker", () => {
    const pulse = pulseWith({ id: "😀".repeat(128), source: "😀".repeat(512) });
    expect(pulsesIn(deliver(eventOfOne(pulse)))).toEqual([pulse]);
    expect(pointersOf(eventOfOne({ ...pulse, id: "😀".repeat(129) }))).toEqual(["/id"]);
  });

  it("has at most the 8,192 bytes of headers that the local broker takes", () => {
    const fields = { service_name: "s".repeat(128), id: "😀".repeat(128), source: "😀".repeat(512), status: "warn" };
    const { headers } = encodeBinary(eventOfOne(pulseWith({ ...fields, traceparent: TRACEPARENT })));
    const bytes = Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
    expect(bytes).toBeLessThan(8192);
  });
});

describe("an event of many pulses", () => {
  it("gives each its own identity, or the event's with its position", () => {
    const carried = { ...FIELDS, id: "own", source: "/own", traceparent: TRACEPARENT, event_time: NOW - 7 };
    expect(pulsesIn(manyWith({ pulses: [FIELDS, carried] }))).toEqual([
      { ...FIELDS, event_time: NOW, is_time_of_arrival: true, id: "e-1/0", source: "/shop" },
      carried,
    ]);
  });

  it("may carry no pulses, and unknown members", () => {
    expect(pulsesIn(manyWith({ pulses: [], comment: "none" }))).toEqual([]);
  });

  it.each([null, 7, {}, [], { pulses: {} }, { pulses: null }])("is refused for the data %j", (data) => {
    expect(pointersOf(manyWith(data))).toEqual(["/data/pulses"]);
  });

  it("is refused whole, with the place of every fault", () => {
    const pulses = [FIELDS, { ...FIELDS, latency_ms: -1 }, 7];
    expect(pointersOf(manyWith({ pulses }), "/2")).toEqual(["/2/data/pulses/1/latency_ms", "/2/data/pulses/2"]);
  });

  it("is refused for too many pulses, and for an id that leaves no room for positions", () => {
    expect(pointersOf(manyWith({ pulses: [FIELDS, FIELDS, FIELDS, FIELDS] }))).toEqual(["/data/pulses"]);
    expect(pointersOf(manyWith({ pulses: [FIELDS] }, { id: "x".repeat(121) }))).toEqual(["/id"]);
    expect(pulsesIn(manyWith({ pulses: [FIELDS] }, { id: "x".repeat(120) }))).toHaveLength(1);
  });
});

describe("the events that PulseMesh makes", () => {
  it("carry one pulse, routable by its service, and give it back", () => {
    const pulse = pulseWith({ traceparent: TRACEPARENT, metadata: { city: "Zürich" }, status: "503" });
    const event = eventOfOne(pulse);
    expect(event).toMatchObject({
      id: "p-1",
      source: "/shop",
      type: PULSE_TYPE,
      subject: "checkout",
      extensions: { partitionkey: "checkout", health: "down", traceparent: TRACEPARENT },
    });
    expect(pulsesIn(deliver(event))).toEqual([pulse]);
  });

  it("carry a pulse dated by its arrival without a time, so that the arrival at the broker counts", () => {
    const pulse = pulseWith({ is_time_of_arrival: true, event_time: NOW });
    expect(pulsesIn(deliver(eventOfOne(pulse)))).toEqual([{ ...pulse, event_time: NOW - 500 }]);
  });

  it("carry many pulses and give them back in order", () => {
    const pulses = [pulseWith(), pulseWith({ id: "p-2", source: "/else" }), pulseWith({ service_name: "search" })];
    const event = eventOfMany("batch-1", pulses.map(encodePulse));
    expect(event).toMatchObject({ id: "batch-1", source: INGEST_SOURCE, type: PULSES_TYPE });
    expect(pulsesIn(deliver(event))).toEqual(pulses);
  });

  it("do not repeat the envelope in the data", () => {
    const { data } = eventOfOne(pulseWith({ traceparent: TRACEPARENT }));
    expect(data.kind === "bytes" && Object.keys(JSON.parse(data.bytes.toString()))).toEqual([
      "service_name",
      "event_time",
      "latency_ms",
      "status",
    ]);
  });
});
