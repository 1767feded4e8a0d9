// PulseMesh and the CloudEvents SDK read what the other writes, and PulseMesh reads what it writes.
import type { IncomingHttpHeaders } from "node:http";
import { HTTP, CloudEvent as SdkEvent } from "cloudevents";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesOf, type CloudEvent, jsonOf } from "./cloud-event.ts";
import { decodeEvents, encodeBinary, eventModeOf, toStructured } from "./http-binding.ts";

// A fixed seed: each run has the same cases.
fc.configureGlobal({ seed: 20_261_124 });

interface Message {
  headers: object;
  body: unknown;
}

/** A message of the SDK as a server receives it: lower-case names, a body of bytes. */
function receive({ headers, body }: Message): CloudEvent[] {
  const lower: IncomingHttpHeaders = {};
  for (const [name, value] of Object.entries(headers)) lower[name.toLowerCase()] = String(value);
  const mode = eventModeOf(lower);
  if (mode === undefined) throw new Error("Expected a request that carries events");
  const parsed = decodeEvents(mode, lower, Buffer.from(typeof body === "string" ? body : JSON.stringify(body)));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return parsed.value;
}

const printable = fc.stringMatching(/^[!#$&-~]{1,40}$/);
const unicode = fc.string({ unit: "binary", minLength: 1, maxLength: 40 });
const extensionName = fc
  .stringMatching(/^[a-z][a-z0-9]{0,19}$/)
  .filter(
    (name) => !/^(id|source|type|specversion|time|subject|datacontenttype|dataschema|data|headers|body)$/.test(name),
  );
const time = fc
  .date({ min: new Date("1970-01-01"), max: new Date("2100-01-01"), noInvalidDate: true })
  .map((date) => date.toISOString());
const bytes = fc.uint8Array({ minLength: 1, maxLength: 200 }).map((array) => Buffer.from(array));

function eventsOf(text: fc.Arbitrary<string>): fc.Arbitrary<CloudEvent> {
  return fc
    .record(
      {
        id: text,
        source: text.map((one) => one.replace(/[\0-\x20\x7f]/g, "_")),
        type: text,
        time,
        subject: text,
        datacontenttype: fc.constantFrom("application/json", "text/plain; charset=utf-8"),
        dataschema: text,
        extensions: fc.dictionary(extensionName, text, { maxKeys: 5, noNullPrototype: true }),
        data: bytes.map((one) => ({ kind: "bytes" as const, bytes: one })),
      },
      { requiredKeys: ["id", "source", "type", "extensions", "data", "datacontenttype"] },
    )
    .map((event) => event as CloudEvent);
}

describe("an event that the SDK writes", () => {
  const sdkEvent = new SdkEvent({
    id: "a-1",
    source: "/sdk",
    type: "dev.pulsemesh.pulse.v1",
    time: "2026-03-01T12:00:00.123Z",
    subject: "checkout",
    datacontenttype: "application/json",
    partitionkey: "checkout",
    sequence: 7,
    sampled: true,
    data: { service_name: "checkout", latency_ms: 12.5, status: "ok", metadata: { city: "Zürich 💓" } },
  });

  it.each(["binary", "structured"] as const)("is read in %s mode", (mode) => {
    const [event] = receive(HTTP[mode](sdkEvent));
    if (event === undefined) throw new Error("Expected an event");
    const { data: _, ...attributes } = event;
    expect(attributes).toMatchObject({
      id: "a-1",
      source: "/sdk",
      type: "dev.pulsemesh.pulse.v1",
      time: "2026-03-01T12:00:00.123Z",
      subject: "checkout",
      extensions: { partitionkey: "checkout", sequence: "7", sampled: "true" },
    });
    expect(jsonOf(event)).toEqual({ ok: true, value: sdkEvent.data });
  });

  it("is read as data_base64 when its data are bytes", () => {
    const data = new Uint8Array([0, 1, 254, 255]);
    const sdk = new SdkEvent({ id: "b", source: "/sdk", type: "test", datacontenttype: "image/png", data });
    const [event] = receive(HTTP.structured(sdk));
    expect(event === undefined ? undefined : [...bytesOf(event)]).toEqual([...data]);
  });
});

describe("an event that PulseMesh writes", () => {
  it("is read by the SDK in binary mode, except that the SDK decodes no percent-encoding", () => {
    fc.assert(
      fc.property(eventsOf(unicode), (event) => {
        const { headers, body } = encodeBinary({ ...event, datacontenttype: "text/plain" });
        const read = HTTP.toEvent({ headers, body: body.toString("latin1") }) as SdkEvent<unknown>;
        expect(decodeURIComponent(read.id)).toBe(event.id);
        expect(decodeURIComponent(read.source)).toBe(event.source);
        expect(decodeURIComponent(read.type)).toBe(event.type);
        if (event.time !== undefined) expect(read.time).toBe(event.time); // without a time the SDK says now
        for (const [name, value] of Object.entries(event.extensions)) {
          expect(decodeURIComponent(String(read[name]))).toBe(value);
        }
      }),
    );
  });

  it("is read by the SDK in structured mode", () => {
    fc.assert(
      fc.property(eventsOf(unicode), fc.jsonValue({ maxDepth: 2 }), (event, value) => {
        const sent = { ...event, datacontenttype: "application/json", data: { kind: "json" as const, value } };
        const body = JSON.stringify(toStructured(sent));
        const headers = { "content-type": "application/cloudevents+json" };
        const read = HTTP.toEvent({ headers, body }) as SdkEvent<unknown>;
        expect([read.id, read.source, read.type, read.subject]).toEqual([
          event.id,
          event.source,
          event.type,
          event.subject,
        ]);
        // The SDK drops falsy values.
        if (value) expect(JSON.stringify(read.data)).toBe(JSON.stringify(value));
      }),
    );
  });

  it("is read back the same in binary mode, with any Unicode in its attributes", () => {
    fc.assert(
      fc.property(fc.oneof(eventsOf(unicode), eventsOf(printable)), (event) => {
        const { headers, body } = encodeBinary(event);
        for (const value of Object.values(headers)) expect(value).toMatch(/^[ -~]*$/);
        expect(receive({ headers, body: body.toString("latin1") })[0]).toMatchObject({ id: event.id });
        const read = decodeEvents("binary", headers, body);
        expect(read).toEqual({ ok: true, value: [event] });
      }),
    );
  });

  it("is read back the same in structured mode and in a batch", () => {
    fc.assert(
      fc.property(eventsOf(unicode), (event) => {
        const one = toStructured(event);
        const same = (read: ReturnType<typeof decodeEvents>) => {
          if (!read.ok) throw new Error(JSON.stringify(read.faults));
          const [first] = read.value;
          if (first === undefined) throw new Error("Expected an event");
          const { data: _, ...attributes } = first;
          const { data: __, ...expected } = event;
          expect(attributes).toEqual(expected);
          // Data may change their form on the way only if they are JSON.
          const sent = jsonOf(event);
          if (event.datacontenttype === "application/json" && sent.ok) expect(jsonOf(first)).toEqual(sent);
          else expect(bytesOf(first).equals(bytesOf(event))).toBe(true);
        };
        same(decodeEvents("structured", {}, Buffer.from(JSON.stringify(one))));
        same(decodeEvents("batch", {}, Buffer.from(JSON.stringify([one]))));
      }),
    );
  });

  it("has a lone surrogate replaced, since HTTP cannot carry it", () => {
    const event: CloudEvent = { id: "a\ud800", source: "/a", type: "t", extensions: {}, data: { kind: "none" } };
    expect(encodeBinary(event).headers["ce-id"]).toBe("a%EF%BF%BD");
  });
});
