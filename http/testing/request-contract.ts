// What every HTTP host of PulseMesh promises about routes and bodies.
import { describe, expect, it, vi } from "vitest";
import {
  accepted,
  connect,
  exchange,
  expectProblem,
  fillReading,
  type OpenHost,
  someBytes,
  stallBodies,
} from "./host.ts";
import { rawRequest } from "./raw-connection.ts";

/** Describes how a host finds routes and reads bodies. */
export function describeRequests(name: string, open: OpenHost): void {
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

    it("are found in the absolute form, and with a query where the host takes one", async () => {
      const host = await open();
      const { path, headers, body } = host.post;
      for (const target of [path, `http://elsewhere:1${path}`]) {
        expect((await exchange(host, rawRequest(`POST ${target}`, headers, body))).status).toBe(202);
        const withQuery = await exchange(host, rawRequest(`POST ${target}?a=b`, headers, body));
        expect(withQuery.status).toBe(host.queryStatus);
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
    it("of exactly the limit is taken, in one piece, in chunks, and in chunks of a byte", async () => {
      const host = await open();
      const body = host.post.body.padEnd(host.maxBodyBytes);
      expect((await exchange(host, accepted(host, {}, body))).status).toBe(202);
      const half = host.maxBodyBytes / 2;
      const size = half.toString(16);
      const chunks = `${size}\r\n${body.slice(0, half)}\r\n${size}\r\n${body.slice(half)}\r\n0\r\n\r\n`;
      expect((await exchange(host, accepted(host, { "transfer-encoding": "chunked" }, chunks))).status).toBe(202);
      const bytes = `${body.slice(0, 4096).replace(/./gs, "1\r\n$&\r\n")}0\r\n\r\n`;
      expect((await exchange(host, accepted(host, { "transfer-encoding": "chunked" }, bytes))).status).toBe(202);
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
      const host = await open({ requestTimeoutMs: 120_000 }); // the bodies that stall must last until there are enough
      const release = await fillReading(host);
      const refused = await exchange(host, accepted(host, {}, someBytes(host)));
      expectProblem(refused, 429);
      expect(refused.headers["retry-after"]).toBe("1");
      release();
      await vi.waitFor(async () =>
        expect((await exchange(host, accepted(host, {}, someBytes(host)))).status).toBe(202),
      );
    });

    it.each([
      ["the same client", "127.0.0.1"],
      ["another client", "127.0.0.2"],
    ])("that is small is 202 beside stalled large ones of %s, of which one is 429", async (_, from) => {
      const host = await open();
      const stalled = await stallBodies(host, host.maxBodyBytes, from);
      const statuses: number[] = [];
      for (const one of stalled)
        void one.answer().then(
          ({ status }) => statuses.push(status),
          () => undefined,
        );
      await vi.waitFor(async () => {
        expect((await exchange(host, accepted(host, {}, someBytes(host)))).status).toBe(202);
        expect(statuses).toEqual([429]);
      });
    });

    it("of which less than 1 kB a second comes is 408 after half of its time", async () => {
      const host = await open({ requestTimeoutMs: 4000 });
      const connection = await connect(host);
      connection.send(accepted(host, { "content-length": "100000" }, " ".repeat(4000)));
      const drip = setInterval(() => connection.send(" "), 200);
      const answer = await connection.answer();
      clearInterval(drip);
      expectProblem(answer, 408);
      expect(answer.json().detail).toContain("1024 bytes of the body a second");
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
}
