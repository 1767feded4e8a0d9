import { describe, expect, it } from "vitest";
import { openRawConnection } from "../../http/testing/raw-connection.ts";
import { pulsesIn } from "../testing/broker.ts";
import { broker, host } from "../testing/ingest-and-broker.ts";
import { faultsOf, post, pulse } from "../testing/plain-requests.ts";

describe("a plain request is refused", () => {
  it("for malformed JSON, with the place of the fault and none of the text", async () => {
    const response = await post('{"service_name":"secret-name",');
    const text = await response.text();
    expect(response.status).toBe(400);
    expect(text).toMatch(/fault at character \d+/);
    expect(text).not.toContain("secret-name");
  });

  it.each([
    ["an empty body", ""],
    ["bytes that are not UTF-8", new Uint8Array([0x22, 0xff, 0x22])],
    ["only a byte order mark", "\uFEFF"],
    ["half an emoji", '{"service_name":"a","latency_ms":1,"status":"\\ud83d"}'],
  ])("for %s", async (_, body) => {
    await faultsOf(await post(body));
  });

  it("whole for one bad pulse: nothing is sent", async () => {
    const body = [pulse(), pulse({ latency_ms: "12" }), pulse(), { status: "", extra: 1, "a/b~": 2 }];
    const faults = await faultsOf(await post(body));
    expect(faults.map(({ pointer, got }) => [pointer, got])).toEqual([
      ["/1/latency_ms", "string"],
      ["/3/service_name", "absent"],
      ["/3/latency_ms", "absent"],
      ["/3/status", "string"],
      ["/3/extra", "number"],
      ["/3/a~1b~0", "number"],
    ]);
    expect(broker.received).toHaveLength(0);
  });

  it("for more than 10,000 pulses, as an array and as lines, and not for 10,000", async () => {
    const small = JSON.stringify(pulse({ id: "x" }));
    const most = new Array(10_000).fill(small);
    const accepted = (await (await post(`[${most.join(",")}]`)).json()) as { accepted: number };
    expect(accepted.accepted).toBe(10_000);
    expect(pulsesIn(broker.received)).toHaveLength(10_000);
    const more = [...most, small];
    expect((await faultsOf(await post(`[${more.join(",")}]`)))[0]?.rule).toContain("at most 10000 pulses");
    const lines = await post(more.join("\n"), { "content-type": "application/x-ndjson" });
    expect((await faultsOf(lines))[0]?.rule).toContain("at most 10000 pulses");
  });

  it("with 100 faults listed and up to a thousand counted", async () => {
    const few = (await (await post(new Array(101).fill(pulse({ status: [] })))).json()) as {
      detail: string;
      errors: [];
    };
    expect(few.errors).toHaveLength(100);
    expect(few.detail).toContain("101 faults found, the first 100 of them listed");
    const many = (await (await post(new Array(9000).fill(0))).json()) as { detail: string; errors: [] };
    expect(many.errors).toHaveLength(100);
    expect(many.detail).toContain("At least 1000 faults");
  });

  it.each([
    ["no media type", "", "."],
    ["text", "text/plain", "."],
    ["a form, as curl -d names it", "application/x-www-form-urlencoded", ": with curl -d, name the type with -H"],
    ["another charset", "application/json; charset=utf-16", "."],
  ])("with 415 for %s", async (_, contentType, end) => {
    const response = await post(pulse(), { "content-type": contentType });
    expect(response.status).toBe(415);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(response.headers.get("accept")).toContain("application/json");
    expect(((await response.json()) as { detail: string }).detail).toContain(
      `, got ${JSON.stringify(contentType)}${end}`,
    );
  });

  it("with 415 for one of no type", async () => {
    const detailOf = async (response: Response) => [
      response.status,
      ((await response.json()) as { detail: string }).detail,
    ];
    const typeless = await fetch(`${host.url}/pulse`, { method: "POST", body: Buffer.from("{}") });
    expect(await detailOf(typeless)).toEqual([415, expect.stringMatching(/, got none\.$/)]);
  });

  it("with 400 for two content types, but not for one that came twice", async () => {
    const statusOf = async (second: string) => {
      const connection = await openRawConnection(host.port);
      const body = JSON.stringify(pulse());
      connection.send(
        `POST /pulse HTTP/1.1\r\nhost: a\r\nContent-Type: application/json\r\ncontent-type: ${second}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
      const { status } = await connection.answer();
      connection.socket.destroy();
      return status;
    };
    expect(await statusOf("application/x-ndjson")).toBe(400);
    expect(await statusOf("application/json")).toBe(202);
  });

  it("not for a charset or media type in upper case", async () => {
    for (const contentType of ["Application/JSON; Charset=UTF-8", 'application/json;charset="utf-8"']) {
      expect((await post(pulse(), { "content-type": contentType })).status).toBe(202);
    }
    expect((await post(pulse(), { "content-encoding": "Identity" })).status).toBe(202);
  });
});
