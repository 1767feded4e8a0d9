// What every HTTP host of PulseMesh promises on the wire.
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { openRawConnection, type RawAnswer, type RawConnection, rawRequest } from "./raw-connection.ts";

/** Settings of the host that a test opens. */
export interface HostOptions {
  requestTimeoutMs?: number;
  graceMs?: number;
}

/** A host in this process, for one test. */
export interface Host {
  port: number;
  /** A POST that the host answers with 202. Its body is JSON, so that blanks at the end do not change it. */
  post: { path: string; headers: Record<string, string>; body: string };
  maxBodyBytes: number;
  maxReadingBytes: number;
  /** The log's lines so far. */
  lines: readonly Record<string, unknown>[];
  /** Tells the host to stop, and resolves when it has. */
  stop(): Promise<unknown>;
}

/** Describes what a host does with requests, apart from its routes. Each test calls `open`, which cleans up after it. */
export function describeHttpHost(name: string, open: (options?: HostOptions) => Promise<Host>): void {
  async function connect({ port }: Host): Promise<RawConnection> {
    const connection = await openRawConnection(port);
    onTestFinished(() => void connection.socket.destroy());
    return connection;
  }

  async function exchange(host: Host, text: string): Promise<RawAnswer> {
    const connection = await connect(host);
    connection.send(text);
    return connection.answer();
  }

  /** The POST that is accepted, with other headers or another body. */
  function accepted({ post }: Host, headers: Record<string, string> = {}, body = post.body): string {
    return rawRequest(`POST ${post.path}`, { ...post.headers, ...headers }, body);
  }

  function expectProblem(answer: RawAnswer, status: number): void {
    expect([answer.status, answer.headers["content-type"]]).toEqual([status, "application/problem+json"]);
    expect(answer.json()).toMatchObject({
      type: "about:blank",
      status,
      title: expect.any(String),
      detail: expect.any(String),
    });
  }

  describe(`${name}: routes`, () => {
    it("answer 404 with the known routes for an unknown path, also for a slash too many", async () => {
      const host = await open();
      for (const path of ["/nothing", "/health/live/", "//", "*"]) {
        const answer = await exchange(host, rawRequest(`OPTIONS ${path}`));
        expectProblem(answer, 404);
        expect(answer.json().detail).toContain(`POST ${host.post.path}`);
      }
    });

    it("answer 405 with Allow for a wrong method, HEAD too, which is a GET", async () => {
      const host = await open();
      const { path } = host.post;
      const cases = [
        [path, "DELETE", "POST, OPTIONS"],
        [path, "GET", "POST, OPTIONS"],
        ["/metrics", "POST", "GET"],
        ["/health/live", "POST", "GET"],
        ["/health/ready", "DELETE", "GET"],
      ];
      for (const [at, method, allow] of cases) {
        const answer = await exchange(host, rawRequest(`${method} ${at}`));
        expectProblem(answer, 405);
        expect(answer.headers.allow).toBe(allow);
      }
      const connection = await connect(host);
      connection.send(rawRequest(`HEAD ${path}`, { connection: "close" }));
      expect(await connection.ended()).toMatch(/^HTTP\/1.1 405 .*\r\n\r\n$/s);
    });

    it("are found with any query, and in the absolute form", async () => {
      const host = await open();
      const { path, headers, body } = host.post;
      for (const target of [`${path}?a=b`, `http://elsewhere:1${path}`, `http://elsewhere:1${path}?a=b`]) {
        expect((await exchange(host, rawRequest(`POST ${target}`, headers, body))).status).toBe(202);
      }
    });

    it("include the health checks, with a query as well, and the metrics", async () => {
      const host = await open();
      for (const path of ["/health/live", "/health/ready", "/health/live?x=1", "/health/ready?x=1"]) {
        const answer = await exchange(host, rawRequest(`GET ${path}`));
        expect([answer.status, answer.headers["content-type"], answer.body]).toEqual([200, "text/plain", "OK"]);
      }
      const metrics = await exchange(host, rawRequest("GET /metrics"));
      expect(metrics.headers["content-type"]).toContain("text/plain");
      expect(metrics.body).toContain("process_resident_memory_bytes");
    });

    it.each(["/metrics", "/health/live", "/health/ready?x=1"])("answer HEAD %s as GET without a body", async (path) => {
      const host = await open();
      const connection = await connect(host);
      connection.send(rawRequest(`HEAD ${path}`, { connection: "close" }));
      expect(await connection.ended()).toMatch(/^HTTP\/1.1 200 OK\r\n.*content-length: [1-9].*\r\n\r\n$/is);
    });
  });

  describe(`${name}: a body`, () => {
    it("of exactly the limit is taken, in one piece and in chunks", async () => {
      const host = await open();
      const body = host.post.body.padEnd(host.maxBodyBytes);
      expect((await exchange(host, accepted(host, {}, body))).status).toBe(202);
      const half = host.maxBodyBytes / 2;
      const size = half.toString(16);
      const chunks = `${size}\r\n${body.slice(0, half)}\r\n${size}\r\n${body.slice(half)}\r\n0\r\n\r\n`;
      expect((await exchange(host, accepted(host, { "transfer-encoding": "chunked" }, chunks))).status).toBe(202);
    });

    it("that declares a byte more is 413 before it is sent, and the connection is closed", async () => {
      const host = await open();
      const answer = await exchange(host, accepted(host, { "content-length": String(host.maxBodyBytes + 1) }, ""));
      expectProblem(answer, 413);
      expect(answer.headers.connection).toBe("close");
    });

    it("that turns out a byte larger is 413, and a client that goes on sending sees the answer", async () => {
      const host = await open();
      const connection = await connect(host);
      connection.send(accepted(host, { "transfer-encoding": "chunked" }, ""));
      const quarter = host.maxBodyBytes / 4;
      const chunk = `${quarter.toString(16)}\r\n${" ".repeat(quarter)}\r\n`;
      connection.send(`${chunk.repeat(4)}1\r\n \r\n${chunk.repeat(4)}`);
      expectProblem(await connection.answer(), 413);
      connection.send("0\r\n\r\n");
      expect(await connection.ended()).toBe("");
    });

    it("that comes too slowly is 408", async () => {
      const host = await open({ requestTimeoutMs: 400 });
      const answer = await exchange(host, accepted(host, { "content-length": "100" }, "{"));
      expectProblem(answer, 408);
      expect(answer.headers.connection).toBe("close");
    });

    it("is 429 with Retry-After while too many bytes of other bodies are being read, and 202 once those clients have gone", async () => {
      const host = await open();
      const { maxBodyBytes, maxReadingBytes } = host;
      const part = maxBodyBytes - 1;
      const others: RawConnection[] = [];
      for (let bytes = 0; bytes + part <= maxReadingBytes; bytes += part) {
        const other = await connect(host);
        other.send(accepted(host, { "content-length": String(maxBodyBytes) }, " ".repeat(part)));
        others.push(other);
      }
      await vi.waitFor(async () => {
        const answer = await exchange(host, accepted(host, {}, host.post.body.padEnd(maxBodyBytes)));
        expectProblem(answer, 429);
        expect(answer.headers["retry-after"]).toBe("1");
      });
      for (const { socket } of others) socket.destroy();
      await vi.waitFor(async () => {
        expect((await exchange(host, accepted(host, {}, host.post.body.padEnd(maxBodyBytes)))).status).toBe(202);
      });
    });

    it("is asked for with 100 Continue where the client waits for that", async () => {
      const host = await open();
      const { body } = host.post;
      const connection = await connect(host);
      connection.send(accepted(host, { expect: "100-continue", "content-length": String(body.length) }, ""));
      expect((await connection.answer()).status).toBe(100);
      connection.send(body);
      expect((await connection.answer()).status).toBe(202);
    });

    it("that is too large or for an unknown path is not asked for", async () => {
      const host = await open();
      const tooLarge = { expect: "100-continue", "content-length": String(host.maxBodyBytes + 1) };
      expectProblem(await exchange(host, accepted(host, tooLarge, "")), 413);
      const small = { expect: "100-continue", "content-length": "10" };
      expectProblem(await exchange(host, rawRequest("POST /nothing", small, "")), 404);
    });
  });

  describe(`${name}: a request that cannot be read`, () => {
    it.each([
      ["garbage", "\x16\x03\x01\x02\x00 hello\r\n\r\n"],
      ["an unknown method", "FETCH / HTTP/1.1\r\nhost: a\r\n\r\n"],
      ["two lengths", "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}"],
      ["a length and chunks", "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n"],
    ])("(%s) is 400 with a line in the log, and the connection is closed", async (_, text) => {
      const host = await open();
      const connection = await connect(host);
      connection.send(text);
      const answer = await connection.answer();
      expectProblem(answer, 400);
      expect(answer.headers.connection).toBe("close");
      expect(await connection.ended()).toBe("");
      expect(host.lines).toContainEqual(expect.objectContaining({ msg: "request refused", status: 400 }));
    });

    it("for a chunk that is none is 400", async () => {
      const host = await open();
      expectProblem(await exchange(host, accepted(host, { "transfer-encoding": "chunked" }, "xyz\r\n")), 400);
    });

    it("without Host is 400", async () => {
      expect((await exchange(await open(), "GET /metrics HTTP/1.1\r\n\r\n")).status).toBe(400);
    });

    it("for a URL too long is 414, for headers over 16 KiB 431", async () => {
      const host = await open();
      expectProblem(await exchange(host, rawRequest(`GET /${"a".repeat(4096)}`)), 414);
      expectProblem(await exchange(host, rawRequest("GET /metrics", { "x-large": "a".repeat(16_384) })), 431);
    });

    it("for headers that come too slowly is 408, also after another request", async () => {
      const host = await open({ requestTimeoutMs: 400 });
      const connection = await connect(host);
      connection.send("POST / HTTP/1.1\r\nhost: a\r\n");
      expectProblem(await connection.answer(), 408);
      expect(await connection.ended()).toBe("");
      const reused = await connect(host);
      reused.send(`${accepted(host)}POST /`);
      expect((await reused.answer()).status).toBe(202);
      expectProblem(await reused.answer(), 408);
    });

    it("leaves the answer to the request before it alone", async () => {
      const host = await open();
      const connection = await connect(host);
      connection.send(`${accepted(host)}garbage\r\n\r\n`);
      const answer = await connection.answer();
      expect([answer.status, answer.headers.connection]).toEqual([202, "close"]);
      expect(await connection.ended()).toBe("");
    });

    it("because the client sent nothing ends without an answer", async () => {
      const host = await open({ requestTimeoutMs: 400 });
      expect(await (await connect(host)).ended()).toBe("");
    });
  });

  describe(`${name}: a connection`, () => {
    it("of HTTP/1.0 is answered and closed", async () => {
      const host = await open();
      const connection = await connect(host);
      connection.send(accepted(host).replace("HTTP/1.1", "HTTP/1.0"));
      expect((await connection.answer()).status).toBe(202);
      expect(await connection.ended()).toBe("");
    });

    it("with pipelined requests gets their answers in order", async () => {
      const host = await open();
      const connection = await connect(host);
      connection.send(accepted(host).repeat(2) + rawRequest("GET /nothing") + accepted(host));
      const statuses: number[] = [];
      for (let i = 0; i < 4; i++) statuses.push((await connection.answer()).status);
      expect(statuses).toEqual([202, 202, 404, 202]);
    });

    it("takes another request after an error that left no body unread", async () => {
      const host = await open();
      const connection = await connect(host);
      connection.send(rawRequest(`POST ${host.post.path}`, host.post.headers, "").replace(/ce-id: [^\r]+\r\n/, ""));
      expect((await connection.answer()).status).toBe(400);
      connection.send(accepted(host));
      const answer = await connection.answer();
      expect([answer.status, answer.headers.connection]).toEqual([202, "keep-alive"]);
    });
  });

  describe(`${name}: a host that stops`, () => {
    it("answers requests in flight and later ones on open connections, and closes the connections", async () => {
      const host = await open();
      const [busy, kept, unused] = [await connect(host), await connect(host), await connect(host)];
      kept.send(accepted(host));
      expect((await kept.answer()).headers.connection).toBe("keep-alive");
      busy.send(accepted(host, { "content-length": String(host.post.body.length) }, ""));
      await vi.waitFor(() => expect(busy.socket.bytesWritten).toBeGreaterThan(0));
      const stopped = host.stop();
      await vi.waitFor(() => expect(openRawConnection(host.port)).rejects.toMatchObject({ code: "ECONNREFUSED" }));
      kept.send(rawRequest("GET /health/ready"));
      const late = await kept.answer();
      expectProblem(late, 503);
      expect(late.headers.connection).toBe("close");
      busy.send(host.post.body);
      const answer = await busy.answer();
      expect([answer.status, answer.headers.connection]).toEqual([202, "close"]);
      await stopped;
      expect(await unused.ended()).toBe("");
    });

    it("closes connections that stay quiet, long before its grace time is over", async () => {
      const host = await open({ graceMs: 60_000 });
      const idle = await connect(host);
      idle.send(accepted(host).repeat(2));
      expect([(await idle.answer()).status, (await idle.answer()).status]).toEqual([202, 202]);
      await host.stop();
      expect(await idle.ended()).toBe("");
    });

    it("answers clients whose connections the kernel made before the host was told to stop", async () => {
      const host = await open();
      const connecting = Array.from({ length: 50 }, () => connect(host));
      const clients = Promise.all(
        connecting.map(async (one) => {
          const connection = await one;
          connection.send(accepted(host));
          return (await connection.answer()).status;
        }),
      );
      await host.stop();
      expect(await clients).toEqual(Array.from({ length: 50 }, () => 202));
    });

    it("does not wait for pipelined requests of a client that has gone", async () => {
      const host = await open({ graceMs: 60_000 });
      const gone = await connect(host);
      gone.send(accepted(host).repeat(3) + accepted(host, { "content-length": "100" }, "{"));
      expect((await gone.answer()).status).toBe(202);
      gone.socket.destroy();
      await host.stop(); // waits for the grace time while a request counts as unanswered
    }, 30_000);

    it("cuts what is not answered within its grace time", async () => {
      const host = await open({ graceMs: 200 });
      const busy = await connect(host);
      busy.send(accepted(host, { "content-length": "100" }, "{"));
      await host.stop();
      expect(await busy.ended()).toBe("");
    });
  });
}
