import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { openRawConnection, type RawConnection, rawRequest } from "../../http/testing/raw-connection.ts";
import { compose } from "../pulse-ingest/compose.ts";
import { openLoopbackBroker } from "../testing/broker.ts";
import { openRuntimeHost } from "../testing/function-host.ts";

const MAX_BODY = 4 * 1024 * 1024;
const broker = await openLoopbackBroker();
const SETTINGS = { K_SINK: broker.url, PULSE_EMIT_MAX_IN_FLIGHT: "64" };
const host = await openRuntimeHost(compose, SETTINGS);
/** For requests that are to come too slowly; whatever else is sent has the usual time. */
const impatient = await openRuntimeHost(compose, { ...SETTINGS, PULSE_REQUEST_TIMEOUT_MS: "400" });
const open: RawConnection[] = [];
afterAll(async () => {
  await host.close();
  await impatient.close();
  await broker.close();
});
beforeEach(() => {
  broker.received.length = 0;
  broker.answer = () => 202;
  return () => {
    for (const { socket } of open.splice(0)) socket.destroy();
  };
});

async function connect({ port } = host): Promise<RawConnection> {
  const connection = await openRawConnection(port);
  open.push(connection);
  return connection;
}

async function exchange(text: string) {
  const connection = await connect();
  connection.send(text);
  return connection.answer();
}

const PULSE = JSON.stringify({ service_name: "checkout", latency_ms: 12.5, status: "ok" });
const request = (headers: Record<string, string> = {}, body = PULSE) => rawRequest("POST /pulse", headers, body);

function expectProblem(answer: { status: number; headers: Record<string, string>; json(): unknown }, status: number) {
  expect(answer.status).toBe(status);
  expect(answer.headers["content-type"]).toBe("application/problem+json");
  expect(answer.json()).toMatchObject({ type: "about:blank", status });
}

async function countOf(labels: string): Promise<number> {
  const text = await (await fetch(`${host.url}/metrics`)).text();
  return Number(text.split(`pulsemesh_requests_total{${labels}} `)[1]?.split("\n")[0] ?? 0);
}

describe("routes", () => {
  it("answer 404 for an unknown path and 405 with Allow for a wrong method", async () => {
    expectProblem(await exchange(rawRequest("GET /nothing")), 404);
    expectProblem(await exchange(rawRequest("GET /pulse/")), 404);
    const wrong = await exchange(rawRequest("DELETE /pulse"));
    expectProblem(wrong, 405);
    expect(wrong.headers.allow).toBe("POST, OPTIONS");
  });

  it("are found whatever the query, and in the absolute form", async () => {
    expect((await exchange(rawRequest("POST /pulse?a=b", {}, PULSE))).status).toBe(202);
    expect((await exchange(rawRequest("POST http://elsewhere:1/pulse?a=b", {}, PULSE))).status).toBe(202);
    expectProblem(await exchange(rawRequest("OPTIONS *")), 404);
  });

  it("answer HEAD as GET without the body", async () => {
    const connection = await connect();
    connection.send(rawRequest("HEAD /metrics", { connection: "close" }));
    const wire = await connection.ended();
    expect(wire).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    expect(wire).toMatch(/content-length: [1-9]/i);
    expect(wire.endsWith("\r\n\r\n")).toBe(true);
    const wrong = await connect();
    wrong.send(rawRequest("HEAD /pulse", { connection: "close" }));
    expect(await wrong.ended()).toMatch(/^HTTP\/1.1 405 .*\r\n\r\n$/s);
  });

  it("include the health checks, which the runtime answers, and the metrics", async () => {
    expect((await exchange(rawRequest("GET /health/live"))).body).toBe("OK");
    expect((await exchange(rawRequest("GET /health/ready"))).body).toBe("OK");
    const metrics = await exchange(rawRequest("GET /metrics"));
    expect(metrics.headers["content-type"]).toContain("text/plain");
    expect(metrics.body).toContain("process_resident_memory_bytes");
    expect(metrics.body).toContain('pulsemesh_requests_total{function="pulse-ingest",method="DELETE",code="405"} 1');
  });
});

describe("a body", () => {
  const padded = (size: number) => PULSE.padEnd(size);

  it("of exactly the limit is taken", async () => {
    expect((await exchange(request({}, padded(MAX_BODY)))).status).toBe(202);
  });

  it("that declares a byte more is 413 before it is sent, and the connection is closed", async () => {
    const connection = await connect();
    connection.send(request({ "content-length": String(MAX_BODY + 1) }, ""));
    const answer = await connection.answer();
    expectProblem(answer, 413);
    expect(answer.headers.connection).toBe("close");
  });

  it("that turns out a byte larger is 413, and a client that goes on sending sees the answer", async () => {
    const connection = await connect();
    connection.send(request({ "transfer-encoding": "chunked" }, ""));
    const chunk = `100000\r\n${" ".repeat(0x100000)}\r\n`;
    for (let i = 0; i < 4; i++) connection.send(chunk);
    connection.send("1\r\n \r\n");
    for (let i = 0; i < 4; i++) connection.send(chunk);
    expectProblem(await connection.answer(), 413);
  });

  it("of 64 KiB in chunks is taken", async () => {
    const body = padded(65_536);
    const chunks = `8000\r\n${body.slice(0, 0x8000)}\r\n8000\r\n${body.slice(0x8000)}\r\n0\r\n\r\n`;
    expect((await exchange(request({ "transfer-encoding": "chunked" }, chunks))).status).toBe(202);
  });

  it("that comes too slowly is 408", async () => {
    const connection = await connect(impatient);
    connection.send(request({ "content-length": "100" }, "{"));
    const answer = await connection.answer();
    expectProblem(answer, 408);
    expect(answer.headers.connection).toBe("close");
  });

  it("whose client goes away is forgotten, and counted as 499", async () => {
    const labels = 'function="pulse-ingest",method="POST",code="499"';
    const before = await countOf(labels);
    const connection = await connect();
    connection.send(request({ "content-length": "100" }, "{"));
    connection.socket.destroy();
    await vi.waitFor(async () => expect(await countOf(labels)).toBe(before + 1));
    expect(broker.received).toHaveLength(0);
  });

  it("is asked for with 100 Continue where the client waits for that", async () => {
    const connection = await connect();
    connection.send(request({ expect: "100-continue", "content-length": String(PULSE.length) }, ""));
    expect((await connection.answer()).status).toBe(100);
    connection.send(PULSE);
    expect((await connection.answer()).status).toBe(202);
  });

  it.each([
    ["too large", { "content-length": String(MAX_BODY + 1) }, "/pulse", 413],
    ["for nobody", { "content-length": "10" }, "/nothing", 404],
  ])("that is %s is not asked for", async (_, headers, path, status) => {
    expectProblem(await exchange(rawRequest(`POST ${path}`, { expect: "100-continue", ...headers }, "")), status);
  });
});

describe("a request that cannot be read", () => {
  it.each([
    ["garbage", "\x16\x03\x01\x02\x00 hello\r\n\r\n"],
    ["an unknown method", "FETCH /pulse HTTP/1.1\r\nhost: a\r\n\r\n"],
    ["two lengths", `POST /pulse HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}`],
    [
      "a length and chunks",
      "POST /pulse HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
    ],
    ["a chunk that is none", "POST /pulse HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n"],
  ])("(%s) is 400, and the connection is closed", async (_, text) => {
    const connection = await connect();
    connection.send(text);
    const answer = await connection.answer();
    expectProblem(answer, 400);
    expect(answer.headers.connection).toBe("close");
    await connection.ended();
  });

  it("without Host is 400", async () => {
    expect((await exchange("GET /metrics HTTP/1.1\r\n\r\n")).status).toBe(400);
  });

  it("for a URL too long is 414, for headers over 16 KiB 431", async () => {
    expectProblem(await exchange(rawRequest(`GET /${"a".repeat(4096)}`)), 414);
    expectProblem(await exchange(rawRequest("GET /metrics", { "x-large": "a".repeat(16_384) })), 431);
  });

  it("for headers that come too slowly is 408, also after another request", async () => {
    const connection = await connect(impatient);
    connection.send("POST /pulse HTTP/1.1\r\nhost: a\r\n");
    expectProblem(await connection.answer(), 408);
    await connection.ended();
    const reused = await connect(impatient);
    reused.send(`${request()}POST /pu`);
    expect((await reused.answer()).status).toBe(202);
    expectProblem(await reused.answer(), 408);
  });

  it("leaves the answer to the request before it alone", async () => {
    broker.answer = () => "hang";
    const connection = await connect();
    connection.send(`${request()}garbage\r\n\r\n`);
    await vi.waitFor(() => expect(broker.received).toHaveLength(1));
    broker.release(202);
    const answer = await connection.answer();
    expect([answer.status, answer.headers.connection]).toEqual([202, "close"]);
    expect(await connection.ended()).toBe("");
  });

  it("because the client said nothing ends without a word", async () => {
    const connection = await connect(impatient);
    expect(await connection.ended()).toBe("");
  });
});

describe("a connection", () => {
  it("of HTTP/1.0 is answered and closed", async () => {
    const connection = await connect();
    connection.send(
      `POST /pulse HTTP/1.0\r\ncontent-type: application/json\r\ncontent-length: ${PULSE.length}\r\n\r\n${PULSE}`,
    );
    expect((await connection.answer()).status).toBe(202);
    expect(await connection.ended()).toBe("");
  });

  it("with pipelined requests gets their answers in order", async () => {
    const connection = await connect();
    const bodies = ["a", "b", "c"].map((id) => JSON.stringify({ ...JSON.parse(PULSE), id }));
    connection.send(bodies.map((body) => request({}, body)).join("") + rawRequest("GET /nothing"));
    for (const id of ["a", "b", "c"]) expect((await connection.answer()).json()).toEqual({ accepted: 1, ids: [id] });
    expect((await connection.answer()).status).toBe(404);
  });

  it("takes another request after an error that left no body unread", async () => {
    const connection = await connect();
    connection.send(request({}, "{"));
    expect((await connection.answer()).status).toBe(400);
    connection.send(request());
    expect((await connection.answer()).status).toBe(202);
  });
});
