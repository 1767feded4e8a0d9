import { describe, expect, it } from "vitest";
import { PULSE_TYPE, PULSES_TYPE } from "../../events/cloud-event.ts";
import { encodePulse } from "../../events/pulse.ts";
import { pulse } from "../testing/pulse.ts";
import { type Chunk, chunksOf, countFitting, eventOf } from "./chunks.ts";

const PULSE_BYTES = encodePulse(pulse("a")).length + 1;
const ENVELOPE_BYTES = 64;
const room = (pulses: number) => ENVELOPE_BYTES + pulses * PULSE_BYTES;
const pulses = (count: number) => Array.from({ length: count }, () => pulse("a"));
const sizesOf = (chunks: Chunk<unknown>[]) => chunks.map((chunk) => chunk.pulses);

describe("a request's pulses", () => {
  it.each([
    ["none", 0, room(3), []],
    ["one", 1, room(3), [1]],
    ["as many as an event holds", 3, room(3), [3]],
    ["one more", 4, room(3), [3, 1]],
    ["one more than a byte less holds", 3, room(3) - 1, [2, 1]],
    ["pulses that are larger than an event", 2, 1, [1, 1]],
  ])("%s make chunks of a whole event at most", (_, count, maxEventBytes, sizes) => {
    const chunks = chunksOf(pulses(count), "request", maxEventBytes);
    expect(sizesOf(chunks)).toEqual(sizes);
    for (const { request, bytes, pulses } of chunks) {
      expect([request, bytes]).toEqual(["request", pulses * PULSE_BYTES]);
    }
  });

  it("are measured in bytes of UTF-8", () => {
    const wide = pulse("a", { status: "ü" }); // as many bytes as "ok"
    expect(sizesOf(chunksOf([wide, wide], "request", room(2)))).toEqual([2]);
    expect(sizesOf(chunksOf([wide, wide], "request", room(2) - 1))).toEqual([1, 1]);
  });
});

it("pulses are encoded up to a bound, which a long text that all of them share soon exceeds", () => {
  const text = "x".repeat(1024);
  const shared = Array.from({ length: 2000 }, () => pulse("a", { metadata: { a: text, b: text, c: text } }));
  const bytes = chunksOf(shared, "request", 512_000, 1_000_000).reduce((sum, chunk) => sum + chunk.bytes, 0);
  expect(bytes).toBeGreaterThan(1_000_000);
  expect(bytes).toBeLessThan(2_000_000);
  expect(chunksOf(shared, "request", 512_000, -1)).toEqual([]);
});

describe("chunks that fit in one event", () => {
  const chunks = [1, 2, 3].flatMap((count) => chunksOf(pulses(count), "request", room(3)));

  it.each([
    [room(6), 3],
    [room(6) - 1, 2],
    [room(3), 2],
    [room(3) - 1, 1],
    [1, 1],
  ])("are, in %i bytes, %i", (maxEventBytes, count) => {
    expect(countFitting(chunks, maxEventBytes)).toBe(count);
  });
});

describe("the event of chunks", () => {
  const single = chunksOf([pulse("a", { id: "a" })], "first", room(9));
  const double = chunksOf([pulse("a", { id: "b" }), pulse("a", { id: "c" })], "second", room(9));
  const idsIn = (bytes: Buffer) => JSON.parse(bytes.toString()).pulses.map(({ id }: { id: string }) => id);

  it("is that of a single pulse, with its id, for one alone", () => {
    expect(eventOf(single)).toMatchObject({ type: PULSE_TYPE, id: "a" });
  });

  it.each([
    { id: "\t" },
    { id: " " },
    { id: "a%20b" },
    { id: "é" },
    { id: "a", source: "a b%" },
    { id: "a", source: "100%" },
    { id: "a", source: ":x" },
    { id: "a", source: "a:b@c:d" },
    { id: "a", source: "http://[x" },
  ])("is that of many pulses for one whose identity a broker refuses or changes: %j", (identity) => {
    const event = eventOf(chunksOf([pulse("a", identity)], "first", room(9)));
    expect(event).toMatchObject({ type: PULSES_TYPE, source: "/pulse", id: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    const { pulses } = JSON.parse(event.data.kind === "bytes" ? event.data.bytes.toString() : "");
    expect(pulses).toMatchObject([identity]);
  });

  it.each(["/pulse", "/shop/a.b-c~d", "shop", "urn:a:b", "https://shop.example/a"])(
    "has the source %s of a pulse alone",
    (source) => expect(eventOf(chunksOf([pulse("a", { source })], "first", room(9)))).toMatchObject({ source }),
  );

  it.each([
    [double, ["b", "c"]],
    [
      [...single, ...single],
      ["a", "a"],
    ],
    [
      [...single, ...double],
      ["a", "b", "c"],
    ],
  ])("is that of many pulses, with a new id, for more", (chunks, ids) => {
    const event = eventOf(chunks);
    expect(event).toMatchObject({ type: PULSES_TYPE, id: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect(event.data.kind === "bytes" && idsIn(event.data.bytes)).toEqual(ids);
  });
});
