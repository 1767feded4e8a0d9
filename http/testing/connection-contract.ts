// What every HTTP host of PulseMesh promises about connections: unreadable requests, pipelined ones, stopping.
import { describe, expect, it, vi } from "vitest";
import { accepted, connect, exchange, expectProblem, type OpenHost } from "./host.ts";
import { openRawConnection, rawRequest } from "./raw-connection.ts";

/** Describes what a host does with what is no request, with its connections, and when it stops. */
export function describeConnections(name: string, open: OpenHost): void {
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

    it("leaves the answers to all requests before it alone", async () => {
      const host = await open();
      const connection = await connect(host);
      connection.send(`${accepted(host).repeat(3)}garbage\r\n\r\n`);
      const answers = [await connection.answer(), await connection.answer(), await connection.answer()];
      expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
      expect(await connection.ended()).toBe("");
    });

    it("comes after an answer that waits for its turn, and ends the connection after it", async () => {
      const host = await open();
      const connection = await connect(host);
      connection.send(`${accepted(host)}${rawRequest("GET /nothing")}garbage\r\n\r\n`);
      expect([(await connection.answer()).status, (await connection.answer()).status]).toEqual([202, 404]);
      expect(await connection.ended()).toBe("");
    });

    it("in the body of a pipelined request is 400 in its turn", async () => {
      const host = await open();
      const connection = await connect(host);
      connection.send(accepted(host) + accepted(host, { "transfer-encoding": "chunked" }, "xyz\r\n"));
      expect((await connection.answer()).status).toBe(202);
      const answer = await connection.answer();
      expectProblem(answer, 400);
      expect(answer.headers.connection).toBe("close");
      expect(await connection.ended()).toBe("");
      expect(host.lines).toContainEqual(expect.objectContaining({ msg: "request refused", status: 400 }));
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

    it("is cut, with a line in the log, where it brings thousands of requests before the first answer", async () => {
      const host = await open();
      const greedy = await connect(host);
      greedy.send(rawRequest("GET /metrics").repeat(5000));
      await vi.waitFor(() => expect(greedy.socket.closed).toBe(true));
      expect(host.lines).toContainEqual(expect.objectContaining({ msg: "request refused", status: 429 }));
      expect((await exchange(host, accepted(host))).status).toBe(202);
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

  describe(`${name}: answers that nobody takes`, () => {
    it("are cut after their time, and a connection that waits for nothing is not", async () => {
      const host = await open({ answerTimeoutMs: 400 });
      const [idle, deaf] = [await connect(host), await connect(host)];
      idle.send(accepted(host));
      expect((await idle.answer()).status).toBe(202);
      deaf.socket.pause();
      // Requests sent ahead, whose answers fill the kernel's memory on both sides.
      deaf.send(rawRequest("GET /metrics").repeat(1000));
      await vi.waitFor(() =>
        expect(host.lines).toContainEqual(expect.objectContaining({ status: 408, reason: "Answer not taken" })),
      );
      idle.send(accepted(host));
      expect((await idle.answer()).status).toBe(202);
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
