// Requests to the ways in for other systems, as they are and with bytes, encodings and paths that they should not have.
import { randomBytes } from "node:crypto";
import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { Pool } from "undici";
import { expect } from "vitest";
import { entry, requestOf, toJson, toProtobuf } from "../../functions/pulse-ingest/otlp/testing/otlp-requests.ts";

interface Sample {
  path: string;
  type: string;
  body: Buffer;
}

const TYPES = { protobuf: "application/x-protobuf", json: "application/json" };

function samples(): Sample[] {
  const request = requestOf(
    [entry({ attributes: { "http.route": "/orders/{id}", "http.response.status_code": 503 } }), entry({ kind: 3 })],
    { "service.name": "checkout", "service.namespace": "shop" },
  );
  const zipkin = [
    {
      traceId: "5af7183fb1d4cf5f",
      id: "352bff9a74ca9ad2",
      kind: "SERVER",
      timestamp: Date.now() * 1000,
      duration: 1431,
      localEndpoint: { serviceName: "backend" },
      tags: { error: "x" },
    },
  ];
  const sample = (path: string, type: string, body: string | Buffer) => ({
    path,
    type,
    body: Buffer.from(body as string),
  });
  return [
    sample("/v1/traces", TYPES.protobuf, toProtobuf(request)),
    sample("/v1/traces", TYPES.json, toJson(request)),
    sample("/api/v2/spans", TYPES.json, JSON.stringify(zipkin)),
    sample("/pulse", TYPES.json, '[{"service_name":"a","latency_ms":1,"status":"ok"}]'),
    sample("/pulse", "application/jsonl", '{"service_name":"a","latency_ms":1,"status":"ok"}\n{}\n'),
    sample("/ping/job/1?rid=1796022824", "text/plain", "no space left\n"),
    sample("/api/push/job?status=up&msg=OK&ping=1", "text/plain", ""),
    sample("/api/v1/endpoints/job/external?success=true&duration=1s", "text/plain", ""),
    sample("/v1/logs", TYPES.protobuf, "x"),
  ];
}

interface Change {
  sample: number;
  bytes: readonly (readonly [at: number, byte: number])[];
  /** The bytes from there on are gone, come twice, or are others. */
  cut: readonly [at: number, how: "not" | "gone" | "twice" | "others"];
  packing: "none" | "gzip" | "zstd" | "wrong" | "broken" | "unknown";
  typeOf: number;
  path: readonly [at: number, text: string];
}

const change: fc.Arbitrary<Change> = fc.record({
  sample: fc.nat(),
  bytes: fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }),
  cut: fc.tuple(fc.nat(), fc.constantFrom("not", "not", "not", "gone", "twice", "others")),
  packing: fc.constantFrom("none", "none", "none", "none", "gzip", "zstd", "wrong", "broken", "unknown"),
  typeOf: fc.nat(),
  path: fc.tuple(
    fc.nat(),
    fc.oneof(
      { weight: 9, arbitrary: fc.constant("") },
      { weight: 1, arbitrary: fc.constantFrom("%", "/", "?", "&x=%ff", "%00", "..", "ü", "-") },
    ),
  ),
});

function bodyOf(
  body: Buffer,
  { bytes, cut: [at, how], packing }: Change,
): { body: Buffer; encoding: string | undefined } {
  let changed: Buffer = Buffer.from(body);
  for (const [place, byte] of bytes) if (changed.length > 0) changed[place % changed.length] = byte;
  const from = at % (changed.length + 1);
  if (how === "gone") changed = changed.subarray(0, from);
  if (how === "twice") changed = Buffer.concat([changed, changed.subarray(from)]);
  if (how === "others") changed = Buffer.concat([changed.subarray(0, from), randomBytes(at % 64)]);
  switch (packing) {
    case "gzip":
      return { body: gzipSync(changed, { level: 1 }), encoding: "gzip" };
    case "zstd":
      return { body: zstdCompressSync(changed), encoding: "zstd" };
    case "wrong":
      return { body: changed, encoding: "gzip" };
    case "broken": {
      const packed = gzipSync(changed, { level: 1 });
      packed[at % packed.length] = (packed[at % packed.length] as number) ^ 0x55;
      return { body: packed, encoding: "gzip" };
    }
    case "unknown":
      return { body: changed, encoding: "br" };
    default:
      return { body: changed, encoding: undefined };
  }
}

/** Sends so many changed requests, and expects each to be answered, by no 5xx but 503. @returns how often each status came */
export async function sendMutated(url: string, count: number, seed: number): Promise<Map<number, number>> {
  const all = samples();
  const pool = new Pool(url, { connections: 8 });
  const statuses = new Map<number, number>();
  let cuts = 0;
  const changes = fc.sample(change, { numRuns: count, seed });
  const next = async (): Promise<void> => {
    for (let one = changes.pop(); one !== undefined; one = changes.pop()) {
      const { path, type, body } = all[one.sample % all.length] as Sample;
      const [at, text] = one.path;
      const place = 1 + (at % path.length);
      const target = encodeURI(path.slice(0, place) + text + path.slice(place)).replaceAll("%25", "%");
      const sent = bodyOf(body, one);
      const request = {
        method: "POST" as const,
        path: target,
        headers: {
          // Now and then the type of another sample.
          "content-type": one.typeOf % 8 === 0 ? (all[one.typeOf % all.length] as Sample).type : type,
          ...(sent.encoding !== undefined && { "content-encoding": sent.encoding }),
        },
        body: sent.body,
      };
      // Who is refused before its body was read, and stands still for two seconds then, is cut.
      const answered = await pool.request(request).catch((error: NodeJS.ErrnoException) => {
        if (!["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"].includes(String(error.code)) || ++cuts > count / 20) throw error;
      });
      if (answered === undefined) {
        changes.push(one);
        continue;
      }
      const { statusCode, body: answer } = answered;
      await answer.dump();
      statuses.set(statusCode, (statuses.get(statusCode) ?? 0) + 1);
      expect(
        statusCode < 500 || statusCode === 503,
        `${statusCode} to ${JSON.stringify({ ...one, target, seed })}`,
      ).toBe(true);
    }
  };
  await Promise.all(Array.from({ length: 8 }, next));
  await pool.close();
  return statuses;
}
