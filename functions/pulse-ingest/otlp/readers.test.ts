import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MalformedProtobuf } from "./protobuf.ts";
import { Resource, Span } from "./span.ts";
import {
  type Attributes,
  REQUEST,
  type TestResource,
  type TestSpan,
  toJson,
  toProtobuf,
} from "./testing/otlp-requests.ts";
import { readJsonTraces } from "./traces-json.ts";
import { readProtobufTraces } from "./traces-protobuf.ts";

const RUNS = Number(process.env.OTLP_INPUTS ?? 200);

const key = fc.oneof(
  fc.constantFrom(
    "service.name",
    "service.namespace",
    "service.version",
    "service.instance.id",
    "deployment.environment",
    "deployment.environment.name",
    "http.route",
    "http.method",
    "http.request.method",
    "http.status_code",
    "http.response.status_code",
    "error.type",
  ),
  fc.string({ unit: "grapheme", maxLength: 30 }),
);
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const attributes: fc.Arbitrary<Attributes> = fc.dictionary(
  key,
  fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.boolean(),
    int64,
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter((one) => !Number.isInteger(one)),
  ),
  { maxKeys: 8 },
);
const hex = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((one) => Buffer.from(one).toString("hex"));
const id = (bytes: number) =>
  fc.oneof({ weight: 5, arbitrary: hex(bytes) }, fc.constantFrom("", "0".repeat(2 * bytes), "ab"));
const nanos = fc.oneof(
  fc.bigInt({ min: 10n ** 18n, max: 2n * 10n ** 18n }),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
);
const span: fc.Arbitrary<TestSpan> = fc.record({
  traceId: id(16),
  spanId: id(8),
  parentSpanId: id(8),
  flags: fc.nat(0x3ff),
  name: fc.string({ unit: "grapheme" }),
  kind: fc.nat(5),
  start: nanos,
  end: nanos,
  attributes,
  status: fc.record({ code: fc.nat(2), message: fc.string({ unit: "grapheme" }) }),
});
const request: fc.Arbitrary<TestResource[]> = fc.array(
  fc.record({ attributes, spans: fc.array(span, { maxLength: 4 }) }),
  {
    maxLength: 3,
  },
);

/** What the readers should have read, by the test's own account. */
function expectedOf(groups: readonly TestResource[]): [Span, Resource][] {
  return groups.flatMap(({ attributes: shared, spans }) => {
    const resource = new Resource();
    for (const [name, value] of Object.entries(shared)) resource.note(name, String(value));
    return spans.map((one): [Span, Resource] => {
      const { start = 0n, end = 0n, status = {} } = one;
      const read = Object.assign(new Span(), {
        traceId: one.traceId,
        spanId: one.spanId,
        hasParent: /[^0]/.test(one.parentSpanId ?? ""),
        flags: one.flags,
        name: one.name,
        kind: one.kind,
        startMs: Number(start / 1_000_000n),
        startNs: Number(start % 1_000_000n),
        endMs: Number(end / 1_000_000n),
        endNs: Number(end % 1_000_000n),
        statusCode: status.code,
        statusMessage: status.message,
      });
      for (const [name, value] of Object.entries(one.attributes ?? {})) read.note(name, String(value));
      return [read, resource];
    });
  });
}

function collect(read: (visit: (span: Span, resource: Resource) => void) => void): [Span, Resource][] {
  const seen: [Span, Resource][] = [];
  read((one, resource) => seen.push([Object.assign(new Span(), one), resource]));
  return seen;
}
const readProtobuf = (body: Buffer) => collect((visit) => readProtobufTraces(body, visit));
const readJson = (body: string) =>
  collect((visit) => expect(readJsonTraces(Buffer.from(body), visit)).toEqual({ ok: true, value: undefined }));

/** Name and flags of the spans in a message, as bufbuild reads it, if it does. */
function spansOf(body: Buffer): [string, number][] | undefined {
  type Read = { resourceSpans: { scopeSpans: { spans: { name: string; flags: number }[] }[] }[] };
  try {
    const { resourceSpans } = fromBinary(REQUEST, body) as unknown as Read;
    return resourceSpans.flatMap(({ scopeSpans }) =>
      scopeSpans.flatMap(({ spans }) => spans.map(({ name, flags }): [string, number] => [name, flags])),
    );
  } catch {
    return undefined;
  }
}

describe("OTLP's readers", () => {
  it("read from protobuf what bufbuild wrote", () => {
    fc.assert(
      fc.property(request, (groups) => {
        expect(readProtobuf(toProtobuf(groups))).toEqual(expectedOf(groups));
      }),
      { numRuns: RUNS },
    );
  });

  it("read the same from JSON", () => {
    fc.assert(
      fc.property(request, (groups) => {
        expect(readJson(toJson(groups))).toEqual(expectedOf(groups));
      }),
      { numRuns: RUNS },
    );
  });

  it("pass over what no pulse needs, in any order of fields", () => {
    // Messages in pieces: protobuf merges a message that comes twice, so any order and division is the same message.
    const part = (fields: object) => Buffer.from(toBinary(REQUEST, create(REQUEST, fields as never)));
    const wrap = (tag: number, content: Buffer) =>
      Buffer.concat([Buffer.from([(tag << 3) | 2, content.length]), content]);
    const value = { value: { case: "stringValue", value: "checkout" } };
    const resource = part({ resourceSpans: [{ resource: { attributes: [{ key: "service.name", value }] } }] }).subarray(
      2,
    );
    const spans = part({
      resourceSpans: [
        { scopeSpans: [{ spans: [{ name: "a", events: [{ name: "x" }], links: [{}], traceState: "t=1" }] }] },
      ],
    }).subarray(2);
    const unknown = Buffer.from([
      ...[0x98, 0x06, 0x05], // field 99, a number
      ...[0x9a, 0x06, 0x01, 0xff], // field 99, bytes
      ...[0x9b, 0x06, 0x0d, 1, 2, 3, 4, 0x9c, 0x06], // field 99, a group
    ]);
    const body = Buffer.concat([unknown, wrap(1, Buffer.concat([spans, unknown, resource])), unknown]);
    const seen = readProtobuf(body);
    expect(seen).toMatchObject([[{ name: "a" }, { name: "checkout" }]]);
    expect(fromBinary(REQUEST, body)).toMatchObject({ resourceSpans: [{ scopeSpans: [{ spans: [{ name: "a" }] }] }] });
  });

  it("refuse other bytes by one error, whatever they are, and never read beyond a message", () => {
    const changed = fc.tuple(request, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), fc.nat());
    const anyBytes = fc.oneof(
      changed.map(([groups, changes, cut]) => {
        const body = toProtobuf(groups);
        for (const [at, byte] of changes) if (body.length > 0) body[at % body.length] = byte;
        return cut % 3 === 0 ? body.subarray(0, cut % (body.length + 1)) : body;
      }),
      fc.uint8Array({ maxLength: 64 }).map((one) => Buffer.from(one)),
    );
    let refused = 0;
    fc.assert(
      fc.property(anyBytes, (body) => {
        let mine: [Span, Resource][];
        try {
          mine = readProtobuf(body);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedProtobuf);
          refused++;
          return;
        }
        // It passes over parts in which bufbuild may find a fault.
        const theirs = spansOf(body);
        if (theirs !== undefined) expect(mine.map(([{ name, flags }]) => [name, flags])).toEqual(theirs);
      }),
      { numRuns: RUNS },
    );
    expect(refused).toBeGreaterThan(RUNS / 10);
  });

  it.each([
    ["no JSON", "{", ""],
    ["an array", "[]", ""],
    ["resourceSpans of another type", '{"resourceSpans":{}}', "/resourceSpans"],
  ])("refuse %s", (_, body, pointer) => {
    const read = readJsonTraces(Buffer.from(body), () => expect.unreachable());
    expect(read).toMatchObject({ ok: false, faults: [{ pointer }] });
  });

  it("take times in JSON as numbers too, and ids in upper case", () => {
    const body = `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"5B8EFFF798038103D269B633813FC60C",
      "spanId":"EEE19B7EC3C1B173","startTimeUnixNano":1764553113000000000,"endTimeUnixNano":1764553113012500224}]}]}]}`;
    const traceId = "5b8efff798038103d269b633813fc60c";
    const times = { startMs: 1764553113000, startNs: 0, endMs: 1764553113012, endNs: 500224 };
    expect(readJson(body)).toMatchObject([[{ traceId, spanId: "eee19b7ec3c1b173", ...times }, {}]]);
  });

  it("take enums in JSON by their names, too, and null for an absent list", () => {
    const named = (kind: string, code: string) => ({
      kind: `SPAN_KIND_${kind}`,
      status: { code: `STATUS_CODE_${code}` },
    });
    const spans = [named("UNSPECIFIED", "UNSET"), named("CLIENT", "OK"), named("CONSUMER", "ERROR"), { kind: "2" }];
    const numbers = readJson(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }));
    expect(numbers.map(([{ kind, statusCode }]) => [kind, statusCode])).toEqual([
      [0, 0],
      [3, 1],
      [5, 2],
      [-1, 0],
    ]);
    expect(readJson('{"resourceSpans":null}')).toEqual([]);
  });

  it("take a field of another type in JSON for absent", () => {
    const strange = {
      traceId: 1,
      kind: [2],
      endTimeUnixNano: null,
      attributes: [null, { key: "http.route" }],
      status: [],
    };
    const body = JSON.stringify({ resourceSpans: [null, { scopeSpans: [{ spans: [strange, null, "x"] }, 5] }] });
    expect(readJson(body)).toEqual(Array.from({ length: 3 }, () => [new Span(), new Resource()]));
  });
});
