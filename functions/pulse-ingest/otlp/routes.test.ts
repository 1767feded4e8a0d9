import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { openRawConnection, rawRequest } from "../../../http/testing/raw-connection.ts";
import { closers, openIngest } from "../../testing/ingest-function.ts";
import { pulsesOf, sendBytes } from "./testing/exchange.ts";
import { entry } from "./testing/otlp-requests.ts";

describe("OTLP's door", () => {
  it("takes no other content type, and says so", async () => {
    const response = await sendBytes("json", "{}", { "content-type": "text/plain" });
    expect(response.status).toBe(415);
    expect(await response.json()).toMatchObject({
      code: 3,
      message: expect.stringContaining("application/x-protobuf"),
    });
  });

  it("refuses what is too large, packed or not, and one more entry than a request may bring is rejected", async () => {
    expect((await sendBytes("protobuf", Buffer.alloc(5 * 1024 * 1024))).status).toBe(413);
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    expect((await sendBytes("protobuf", bomb, { "content-encoding": "gzip" })).status).toBe(413);
    const { pulses, rejected } = await pulsesOf(Array.from({ length: 10_001 }, () => entry()));
    expect([pulses.length, rejected?.rejectedSpans]).toEqual([10_000, 1n]);
    expect(rejected?.errorMessage).toBe("1 span: Expected at most 10000 entries in a request.");
  });

  it("takes JSON of any depth, of which it walks no more than a span has, and refuses what is no request", async () => {
    const deep = (pad: string) => `${`[${pad}`.repeat(20_000)}${"]".repeat(20_000)}`;
    const pad = " ".repeat(12);
    const unknown = `{"resourceSpans":[],"unknown":${deep(pad)}}`;
    expect((await sendBytes("json", unknown)).status).toBe(200);
    expect((await sendBytes("json", deep(pad))).status).toBe(400);
    expect((await sendBytes("json", `{"resourceSpans":[{"scopeSpans":[{"spans":${deep(pad)}}]}]}`)).status).toBe(200);
  });

  it("reads a million empty spans in little memory", async () => {
    // resource_spans { scope_spans { spans {} … } }
    const varint = (value: number) =>
      Buffer.from([(value & 127) | 128, ((value >> 7) & 127) | 128, ((value >> 14) & 127) | 128, value >> 21]);
    const wrap = (tag: number, content: Buffer) => Buffer.concat([Buffer.from([tag]), varint(content.length), content]);
    const body = wrap(0x0a, wrap(0x12, Buffer.alloc(4_000_000, Buffer.from([0x12, 0x00]))));
    const before = process.memoryUsage().rss;
    expect((await sendBytes("protobuf", body)).status).toBe(200);
    expect(process.memoryUsage().rss - before).toBeLessThan(60 * 1024 * 1024);
  });

  it("answers a body that comes too slowly so that the exporter sends it again", async () => {
    const { host } = await openIngest({ PULSE_REQUEST_TIMEOUT_MS: "300" });
    const connection = await openRawConnection(host.port);
    closers.push(async () => void connection.socket.destroy());
    connection.send(
      rawRequest("POST /v1/traces", { "content-type": "application/json", "content-length": "1000" }, "{"),
    );
    const { status, headers, json } = await connection.answer();
    expect([status, headers["retry-after"], headers["content-type"]]).toEqual([503, "1", "application/json"]);
    expect(json()).toMatchObject({ code: 14, message: expect.stringMatching(/^Expected /) });
    // The log tells what it was.
    expect(host.lines.find(({ msg }) => msg === "request refused")).toMatchObject({ status: 408 });
  });
});
