import { gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { openRawConnection, rawRequest } from "../../http/testing/raw-connection.ts";
import { pulsesIn } from "../testing/broker.ts";
import { broker, host } from "../testing/ingest-and-broker.ts";
import { post, pulse } from "../testing/plain-requests.ts";

const MIB = 1024 * 1024;
const detailOf = async (response: Response) => ((await response.json()) as { detail: string }).detail;
const PACKINGS = [
  ["gzip", gzipSync],
  ["GZip", gzipSync],
  ["x-gzip", gzipSync],
  ["zstd", zstdCompressSync],
] as const;

describe("a packed body", () => {
  it.each(PACKINGS)("in %s is taken for what it holds", async (encoding, pack) => {
    const pulses = [pulse({ id: "a", metadata: { zone: "ü" } }), pulse({ id: "b" })];
    const response = await post(pack(JSON.stringify(pulses)), { "content-encoding": encoding });
    expect([response.status, await response.json()]).toEqual([202, { accepted: 2, ids: ["a", "b"] }]);
    expect(pulsesIn(broker.received)).toMatchObject(pulses);
  });

  it.each(["", "identity"])("is one that is not packed where Content-Encoding says %j", async (encoding) => {
    const response = await post(JSON.stringify(pulse({ id: "a" })), { "content-encoding": encoding });
    expect([response.status, await response.json()]).toEqual([202, { accepted: 1, ids: ["a"] }]);
  });

  it("may hold lines or a CloudEvent, and may come in parts without a length", async () => {
    const lines = gzipSync(`${JSON.stringify(pulse({ id: "a" }))}\n${JSON.stringify(pulse({ id: "b" }))}`);
    const ndjson = { "content-type": "application/jsonl", "content-encoding": "gzip" };
    expect(await (await post(lines, ndjson)).json()).toEqual({ accepted: 2, ids: ["a", "b"] });
    const attributes = {
      "content-encoding": "zstd",
      "ce-specversion": "1.0",
      "ce-id": "c",
      "ce-source": "/shop",
      "ce-type": "dev.pulsemesh.pulse.v1",
    };
    expect((await post(zstdCompressSync(JSON.stringify(pulse())), attributes)).status).toBe(202);
    const stream = new Blob([gzipSync(JSON.stringify(pulse({ id: "d" })))]).stream();
    const headers = { "content-type": "application/json", "content-encoding": "gzip" };
    const init = { method: "POST", headers, body: stream, duplex: "half" } as RequestInit;
    expect((await fetch(`${host.url}/pulse`, init)).status).toBe(202);
    expect(pulsesIn(broker.received).map(({ id }) => id)).toEqual(["a", "b", "c", "d"]);
  });

  it("in gzip may have several members, of which only the last one's length stands at the end, and be longer than any part", async () => {
    const pulses = Array.from({ length: 2000 }, (_, i) => pulse({ id: `${i}`, metadata: { note: "n".repeat(60) } }));
    const json = JSON.stringify(pulses);
    const members = [json.slice(0, 100_000), json.slice(100_000, -1), "]"].map((text) => gzipSync(text));
    const response = await post(Buffer.concat(members), { "content-encoding": "gzip" });
    expect([response.status, ((await response.json()) as { accepted: number }).accepted]).toEqual([202, 2000]);
    const ids = pulsesIn(broker.received).map(({ id }) => id);
    expect(ids).toEqual(pulses.map(({ id }) => id));
  });

  it("in zstd may have several frames, and frames that hold no data", async () => {
    const line = (id: string) => zstdCompressSync(`${JSON.stringify(pulse({ id }))}\n`);
    const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 2]); // RFC 8878, 3.1.2
    const lines = { "content-encoding": "zstd", "content-type": "application/jsonl" };
    const response = await post(Buffer.concat([skippable, line("a"), skippable, line("b"), line("c")]), lines);
    expect(await response.json()).toEqual({ accepted: 3, ids: ["a", "b", "c"] });
    expect(pulsesIn(broker.received).map(({ id }) => id)).toEqual(["a", "b", "c"]);
    const many = await post(Buffer.concat(Array.from({ length: 1001 }, () => skippable)), lines);
    expect([many.status, await detailOf(many)]).toEqual([400, "Expected zstd of at most 1000 frames, got more."]);
  });

  it.each([
    ["gzip", (whole: Buffer) => whole.subarray(0, -9)],
    ["gzip", () => Buffer.from(JSON.stringify(pulse()))],
    ["gzip", (whole: Buffer) => Buffer.concat([whole, Buffer.from("garbage")])],
    ["zstd", (whole: Buffer) => whole.subarray(0, -9)],
    ["zstd", (whole: Buffer) => Buffer.concat([whole, whole.subarray(0, -9)])],
    ["zstd", (whole: Buffer) => Buffer.concat([whole, Buffer.from("garbage")])],
    ["zstd", () => Buffer.from(JSON.stringify(pulse()))],
  ] as const)("that is no whole %s is refused with 400", async (encoding, change) => {
    const whole = (encoding === "gzip" ? gzipSync : zstdCompressSync)(JSON.stringify(pulse()));
    const response = await post(change(whole), { "content-encoding": encoding });
    expect(response.status).toBe(400);
    expect(await detailOf(response)).toMatch(/^Expected a body as its Content-Encoding says, got one that is not/);
  });

  it.each(["br", "deflate", "gzip, gzip", "x", "constructor"])(
    "in %s is refused with 415, and the answer says what is taken",
    async (encoding) => {
      const response = await post(pulse(), { "content-encoding": encoding });
      expect([response.status, response.headers.get("accept-encoding")]).toEqual([415, "gzip, zstd"]);
      expect(await detailOf(response)).toBe(`Expected Content-Encoding gzip, zstd or none, got "${encoding}".`);
    },
  );

  it.each(["gzip", "zstd"] as const)(
    "in %s ends at the limit: a few kilobytes that hold gigabytes take no memory",
    async (encoding) => {
      // 64 members or frames of 16 MiB of blanks: a gigabyte.
      const one = (encoding === "gzip" ? gzipSync : zstdCompressSync)(Buffer.alloc(16 * MIB, " "));
      const bomb = Buffer.concat(Array.from({ length: 64 }, () => one));
      expect(bomb.length).toBeLessThan(2 * MIB);
      const before = process.memoryUsage().rss;
      for (let i = 0; i < 20; i++) {
        const response = await post(bomb, { "content-encoding": encoding });
        expect(response.status).toBe(413);
        expect(await detailOf(response)).toBe(
          `Expected a body of at most ${4 * MIB} bytes, unpacked: send several requests.`,
        );
      }
      expect(process.memoryUsage().rss - before).toBeLessThan(100 * MIB);
      const largest = Buffer.from(JSON.stringify(pulse()).padEnd(4 * MIB, " "));
      expect(
        (await post((encoding === "gzip" ? gzipSync : zstdCompressSync)(largest), { "content-encoding": encoding }))
          .status,
      ).toBe(202);
    },
  );

  it("asks zstd for no window beyond 8 MiB", async () => {
    // A frame (RFC 8878, 3.1.1) that asks for a window of 128 MiB: magic number, descriptor, window.
    const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 17 << 3, 0x01, 0x00, 0x00]);
    const response = await post(frame, { "content-encoding": "zstd" });
    expect(response.status).toBe(400);
    expect(await detailOf(response)).toBe("Expected zstd with a window of at most 8 MiB, got a larger one.");
  });

  it("of no bytes is an empty body", async () => {
    const connection = await openRawConnection(host.port);
    connection.send(
      rawRequest(
        "POST /pulse",
        { "content-encoding": "gzip", "content-type": "application/jsonl", "content-length": "0" },
        "",
      ),
    );
    expect((await connection.answer()).status).toBe(202);
    connection.socket.destroy();
  });
});
