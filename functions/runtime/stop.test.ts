import { afterEach, describe, expect, it, vi } from "vitest";
import { openRawConnection, type RawConnection, rawRequest } from "../../http/testing/raw-connection.ts";
import type { PulseFunction } from "../pulse-function.ts";
import { type FunctionHost, openFunctionHost } from "../testing/function-host.ts";

const open: RawConnection[] = [];
afterEach(() => {
  for (const { socket } of open.splice(0)) socket.destroy();
});

async function connect(port: number): Promise<RawConnection> {
  const connection = await openRawConnection(port);
  open.push(connection);
  return connection;
}

/** A function that answers a request when the test says so. */
async function openSlowHost(env: Record<string, string> = {}, parts: Partial<PulseFunction> = {}) {
  const waiting: (() => void)[] = [];
  const calls: string[] = [];
  const host: FunctionHost = await openFunctionHost(
    () => ({
      name: "slow",
      routes: [
        {
          method: "GET",
          path: "/slow",
          handle: () => new Promise((resolve) => waiting.push(() => resolve({ status: 200, body: "done" }))),
        },
        { method: "GET", path: "/fast", handle: () => ({ status: 200, body: "fast" }) },
        { method: "GET", path: "/thrown", handle: () => Promise.reject(new Error("a secret")) },
        {
          method: "GET",
          path: "/broken",
          handle: () => {
            throw new Error("a secret");
          },
        },
      ],
      check: async () => {
        throw new Error("Expected a store, got none: start one");
      },
      onDrain: () => void calls.push("onDrain"),
      close: async () => void calls.push("close"),
      ...parts,
    }),
    env,
  );
  const release = () => {
    for (const answer of waiting.splice(0)) answer();
  };
  return { ...host, waiting, calls, release };
}

describe("a function that stops", () => {
  it("answers requests in flight and later ones on its connections, takes no new connections, and closes last", async () => {
    const { port, waiting, calls, release, stop, lines } = await openSlowHost();
    const busy = await connect(port);
    const idle = await connect(port);
    busy.send(rawRequest("GET /slow"));
    await vi.waitFor(() => expect(waiting).toHaveLength(1));
    const stopped = stop();
    await vi.waitFor(() => expect(openRawConnection(port)).rejects.toMatchObject({ code: "ECONNREFUSED" }));
    idle.send(rawRequest("GET /fast"));
    const late = await idle.answer();
    expect([late.status, late.headers.connection]).toEqual([200, "close"]);
    expect(calls).toEqual(["onDrain"]);
    release();
    const answer = await busy.answer();
    expect([answer.body, answer.headers.connection]).toEqual(["done", "close"]);
    expect(await stopped).toBe(0);
    expect(calls).toEqual(["onDrain", "close"]);
    expect(lines.at(-1)).toMatchObject({ level: 30, msg: "stopped" });
  });

  it("closes connections that stay quiet", async () => {
    const { port, stop } = await openSlowHost();
    const idle = await connect(port);
    idle.send(rawRequest("GET /fast"));
    expect((await idle.answer()).headers.connection).toBe("keep-alive");
    expect(await stop()).toBe(0);
    expect(await idle.ended()).toBe("");
  });

  it("does not wait for pipelined requests of a client that has gone", async () => {
    const { port, waiting, stop, lines } = await openSlowHost();
    const gone = await connect(port);
    gone.send(rawRequest("GET /slow").repeat(3));
    await vi.waitFor(() => expect(waiting).toHaveLength(3));
    gone.socket.destroy();
    const startedAt = performance.now();
    expect(await stop()).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(15_000);
    expect(lines.at(-1)).toMatchObject({ msg: "stopped" });
  });

  it("logs an error when the grace time was too short for the answers", async () => {
    const { port, waiting, stop, lines } = await openSlowHost({ PULSE_SHUTDOWN_GRACE_MS: "200" });
    const busy = await connect(port);
    busy.send(rawRequest("GET /slow"));
    await vi.waitFor(() => expect(waiting).toHaveLength(1));
    expect(await stop()).toBe(0);
    expect(await busy.ended()).toBe("");
    expect(lines.at(-1)).toMatchObject({ level: 50, isComplete: false, isClosed: true });
  });

  it("ends although the function does not close", async () => {
    const parts = { close: () => new Promise<void>(() => {}) };
    const { stop, lines } = await openSlowHost({ PULSE_SHUTDOWN_GRACE_MS: "100" }, parts);
    expect(await stop()).toBe(0);
    expect(lines.at(-1)).toMatchObject({ level: 50, isComplete: true, isClosed: false });
  });

  it("ends although closing fails, and logs why", async () => {
    const parts = { close: () => Promise.reject(new Error("the disk is gone")) };
    const { stop, lines } = await openSlowHost({}, parts);
    expect(await stop()).toBe(0);
    expect(lines.map(({ msg }) => msg)).toContain("the function did not close as it should");
  });
});

describe("a function", () => {
  it("that fails answers 500 without the reason, which is logged", async () => {
    const { url, lines, close } = await openSlowHost();
    for (const path of ["/thrown", "/broken"]) {
      const response = await fetch(url + path);
      expect(response.status).toBe(500);
      expect(await response.text()).not.toContain("secret");
    }
    expect(lines.filter(({ msg }) => String(msg).includes("this is a defect"))).toHaveLength(2);
    await close();
  });

  it("that is not ready names the remedy", async () => {
    const { url, close } = await openSlowHost();
    const response = await fetch(`${url}/health/ready`);
    expect(response.status).toBe(503);
    expect(response.headers.get("content-type")).toContain("application/problem+json");
    expect(await response.json()).toMatchObject({ status: 503, detail: "Expected a store, got none: start one" });
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    await close();
  });
});
