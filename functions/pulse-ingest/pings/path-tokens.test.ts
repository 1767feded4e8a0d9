import { afterEach, describe, expect, it } from "vitest";
import { openRawConnection, rawRequest } from "../../../http/testing/raw-connection.ts";
import { openBroker } from "../../testing/broker.ts";
import { type FunctionHost, openFunctionHost } from "../../testing/function-host.ts";
import { broker } from "../../testing/ingest-and-broker.ts";
import { fileOf } from "../../testing/token-files.ts";
import { compose } from "../compose.ts";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

describe("a token in the path", () => {
  it("that is not known is refused with the two ways to show one, and not with the token", async () => {
    const file = fileOf("s3cret-of-job job*\n");
    const guarded = await openFunctionHost(compose, { K_SINK: broker.url, PULSE_INGEST_TOKENS_FILE: file });
    closers.push(guarded.close);
    const detailAt = async (path: string) => {
      const response = await fetch(`${guarded.url}${path}`, { method: "POST" });
      return [response.status, ((await response.json()) as { detail: string }).detail];
    };
    const bearer = "Expected Authorization: Bearer with a known token";
    expect(await detailAt("/ping/s3cret/job")).toEqual([401, `${bearer}, or one in the path: /ping/TOKEN/SERVICE.`]);
    expect(await detailAt("/api/push/job")).toEqual([401, `${bearer}, or one in the path: /api/push/TOKEN/SERVICE.`]);
    expect(await detailAt("/api/v1/endpoints/job/external")).toEqual([401, `${bearer}.`]);
    expect((await detailAt("/ping/s3cret-of-job/job/success"))[0]).toBe(400);
  });

  function expectNoToken({ lines }: FunctionHost) {
    expect(lines.filter(({ msg }) => msg === "request refused")).not.toEqual([]);
    expect(JSON.stringify(lines)).not.toContain("s3cret");
  }

  it("tells clients of one address apart: the one that sends most gives way", async () => {
    const file = fileOf("greedy job*\npolite cart\n");
    const env = { K_SINK: broker.url, PULSE_INGEST_TOKENS_FILE: file, PULSE_MAX_READING_BYTES: "1048576" };
    const guarded = await openFunctionHost(compose, env);
    closers.push(guarded.close);
    const send = async (path: string, bytes: number) => {
      const connection = await openRawConnection(guarded.port);
      closers.push(async () => void connection.socket.destroy());
      // Its last byte is still to come.
      connection.send(rawRequest(`POST ${path}`, { "content-length": String(bytes + 1) }, " ".repeat(bytes)));
      return connection;
    };
    await send("/ping/greedy/job-a", 400_000);
    const newest = await send("/ping/greedy/job-b", 300_000);
    const polite = await send("/ping/polite/cart", 400_000);
    expect((await newest.answer()).status).toBe(429);
    polite.send(" ");
    expect((await polite.answer()).status).toBe(200);
  });

  it("is as good as one in the header, and no log line has it", async () => {
    const tokenBroker = await openBroker();
    const file = fileOf("s3cret-of-job job*\n");
    const guarded = await openFunctionHost(compose, { K_SINK: tokenBroker.url, PULSE_INGEST_TOKENS_FILE: file });
    closers.push(guarded.close, tokenBroker.close);
    const status = async (path: string, headers = {}) => (await fetch(`${guarded.url}${path}`, { headers })).status;
    const bearer = { authorization: "Bearer s3cret-of-job" };
    expect(await status("/ping/s3cret-of-job/job")).toBe(200);
    expect(await status("/ping/s3cret-of-job/job/start")).toBe(200);
    expect(await status("/ping/s3cret-of-job/job/1?rid=a")).toBe(200);
    expect(await status("/api/push/s3cret-of-job/job?status=up")).toBe(200);
    expect(await status("/ping/job", bearer)).toBe(200);
    expect(await status("/api/push/job", bearer)).toBe(200);
    expect(tokenBroker.received).toHaveLength(5);
    // All that may go wrong.
    expect(await status("/ping/s3cret-of-job/cart")).toBe(403);
    expect(await status("/ping/s3cret-of-job/job/300")).toBe(400);
    expect(await status("/ping/s3cret-of-job")).toBe(401);
    expect(await status("/ping/s3cret-of-job/0")).toBe(401);
    expect(await status("/ping/s3cret-of-jo/job")).toBe(401);
    expect(await status("/ping/s3cret-of-job/job/oops/more")).toBe(404);
    expect(await status("/api/push/s3cret-of-job")).toBe(401);
    const connection = await openRawConnection(guarded.port);
    connection.send(rawRequest("DELETE http://localhost/ping/s3cret-of-job/job"));
    expect((await connection.answer()).status).toBe(405);
    connection.socket.destroy();
    expectNoToken(guarded);
    for (const path of ["/ping/{token}/{service}", "/ping/{service}", "/ping/…", "/api/push/{service}"])
      expect(JSON.stringify(guarded.lines)).toContain(`"path":"${path}"`);
  });

  it.each([
    ["/api/v1/endpoints/s3cret-of-job/job/external", 404],
    ["/api/v1/endpoints/s3cret-of-job/external", 401],
    ["/Ping/s3cret-of-job/job", 404],
    ["/PING/s3cret-of-job/job", 404],
    ["/%70ing/s3cret-of-job/job", 404],
    ["/ping/job/s3cret-of-job", 401],
    ["/pulse/s3cret-of-job", 404],
    ["/v1/traces/s3cret-of-job", 404],
    ["/s3cret-of-job", 404],
    ["//s3cret-of-job?s3cret", 404],
  ])("is in no log line where the path is slightly another: %s", async (path, status) => {
    const file = fileOf("s3cret-of-job job*\n");
    const guarded = await openFunctionHost(compose, { K_SINK: broker.url, PULSE_INGEST_TOKENS_FILE: file });
    closers.push(guarded.close);
    expect((await fetch(`${guarded.url}${path}`, { method: "POST" })).status).toBe(status);
    expectNoToken(guarded);
  });
});
