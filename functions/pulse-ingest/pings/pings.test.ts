import { afterEach, describe, expect, it, vi } from "vitest";
import { openBroker, pulsesIn } from "../../testing/broker.ts";
import { openFunctionHost } from "../../testing/function-host.ts";
import { broker, host } from "../../testing/ingest-and-broker.ts";
import { compose } from "../compose.ts";
import { parseGoDuration } from "./go-duration.ts";
import { startOf } from "./run-id.ts";

const ping = (path: string, init: RequestInit = {}) => fetch(`${host.url}${path}`, init);
const received = () => pulsesIn(broker.received);
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

describe("a ping", () => {
  it.each(["GET", "POST", "HEAD"])("by %s is a pulse that is well, at its arrival", async (method) => {
    const before = Date.now();
    const response = await ping("/ping/nightly-backup", { method });
    expect([response.status, await response.text()]).toEqual([200, method === "HEAD" ? "" : "OK\n"]);
    expect(response.headers.get("cache-control")).toBe("no-store");
    const [pulse] = received();
    expect(pulse).toMatchObject({ service_name: "nightly-backup", status: "ok", latency_ms: 0, source: "/ping" });
    expect(pulse?.event_time).toBeGreaterThanOrEqual(before);
  });

  it.each([
    ["/ping/job/fail", { status: "fail", metadata: {} }],
    ["/ping/job/0", { status: "ok", metadata: { exit_code: "0" } }],
    ["/ping/job/137", { status: "fail", metadata: { exit_code: "137" } }],
    ["/ping/job/007", { status: "fail", metadata: { exit_code: "7" } }],
    ["/ping/edge%2Fjob", { service_name: "edge/job" }],
    ["/ping/fail/fail", { service_name: "fail", status: "fail" }],
  ])("at %s says how the run ended", async (path, pulse) => {
    expect((await ping(path)).status).toBe(200);
    expect(received()).toMatchObject([pulse]);
  });

  it("has the end of what was sent with it as its log", async () => {
    await ping("/ping/job/1", { method: "POST", body: "no space left on device\n" });
    await ping("/ping/job/1", { method: "POST", body: `${"ü".repeat(5000)}🙂end` });
    await ping("/ping/job", {
      method: "POST",
      body: "x=1",
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
    const logs = received().map(({ metadata }) => (metadata as Record<string, string>).log);
    expect(logs).toEqual(["no space left on device", `${"ü".repeat(1020)}🙂end`, "x=1"]);
  });

  it.each([
    ["/ping/job/256", "/path"],
    ["/ping/job/failed", "/path"],
    ["/ping/job/OK", "/path"],
    ["/ping/-job", "/service_name"],
    ["/ping/-job/start", "/service_name"],
    ["/ping/job/-1", "/path"],
    ["/ping/token/job/success", "/path"],
    [`/ping/job?rid=${"x".repeat(129)}`, "/query/rid"],
    ["/ping/job?rid=", "/query/rid"],
    ["/ping/job?rid=a&rid=a", "/query/rid"],
    ["/ping/job?rid=%fe", "/query/rid"],
    ["/ping/job/0?rid=a%fd", "/query/rid"],
    ["/ping/job/start?rid=%fe", "/query/rid"],
    ["/api/v1/endpoints/job/external?success=yes", "/query/success"],
    ["/api/v1/endpoints/job/external?success=true&duration=fast", "/query/duration"],
  ])("at %s is refused", async (path, pointer) => {
    const response = await ping(path, { method: "POST" });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ pointer }] });
  });

  it("is taken with a run's id in UTF-8, and says of another one that it is not", async () => {
    expect((await ping("/ping/job?rid=%E6%BC%A2")).status).toBe(200);
    expect(received()).toMatchObject([{ id: "漢" }]);
    const { errors } = (await (await ping("/ping/job?rid=%fe")).json()) as { errors: object[] };
    const rule = "Expected one id of 1 to 128 characters in UTF-8";
    expect(errors).toEqual([{ pointer: "/query/rid", rule, got: "a query that is not UTF-8" }]);
  });

  it("that another site's page makes a browser send is refused", async () => {
    const headers = { "sec-fetch-site": "cross-site" };
    expect((await ping("/ping/job", { headers })).status).toBe(403);
    expect(received()).toEqual([]);
  });

  it("is answered 503 while the broker is away", async () => {
    broker.answer = () => 503;
    const response = await ping("/ping/job");
    broker.answer = () => 202;
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
  });
});

describe("a start and its end", () => {
  it("are one pulse with the time between, over processes: the id of the run tells when it began", async () => {
    const rid = (await (await ping("/ping/job/start")).text()).trim();
    expect(received()).toEqual([]);
    expect(Math.abs((startOf(rid) as number) - Date.now())).toBeLessThan(60_000);
    // Another process, which knows nothing of the start.
    const otherBroker = await openBroker();
    const other = await openFunctionHost(compose, { K_SINK: otherBroker.url });
    closers.push(other.close, otherBroker.close);
    const between = 20;
    await vi.waitFor(() => expect(Date.now()).toBeGreaterThan((startOf(rid) as number) + between));
    expect((await fetch(`${other.url}/ping/job/0?rid=${rid}`)).status).toBe(200);
    expect((await fetch(`${other.url}/ping/job/0?rid=${rid}`)).status).toBe(200);
    const pulses = pulsesIn(otherBroker.received);
    expect(pulses.map(({ id, source, event_time }) => [id, source, event_time])).toEqual([
      [rid, "/ping", undefined],
      [rid, "/ping", undefined],
    ]);
    for (const { latency_ms } of pulses) expect(latency_ms).toBeGreaterThan(between);
  });

  it("may have an id of the sender's", async () => {
    const text = async (path: string) => (await (await ping(path)).text()).trim();
    expect(await text("/ping/job/start?rid=mine")).toBe("mine");
    const seconds = Math.floor(Date.now() / 1000) - 90;
    for (const rid of [seconds, `${seconds}-host-a`, `${seconds * 1000}`, "mine", `${seconds + 10_000}`]) {
      expect((await ping(`/ping/job/0?rid=${rid}`)).status).toBe(200);
    }
    const pulses = received() as { id: string; latency_ms: number }[];
    expect(pulses.map(({ id }) => id)).toEqual([
      `${seconds}`,
      `${seconds}-host-a`,
      `${seconds}000`,
      "mine",
      `${seconds + 10_000}`,
    ]);
    expect(pulses.map(({ latency_ms }) => Math.floor(latency_ms / 60_000))).toEqual([1, 1, 1, 0, 0]);
  });

  it.each(["1234567890abcdef", "1234567890123abc", "1764553113E5", "176455311312", "12345678901234"])(
    "are no time apart where the run's id is %s: its digits are no epoch time",
    async (rid) => {
      expect((await ping(`/ping/job/0?rid=${rid}`)).status).toBe(200);
      expect(received()).toMatchObject([{ id: rid, latency_ms: 0 }]);
    },
  );

  it("are a day apart at most, as far as the latency goes", async () => {
    await ping(`/ping/job/0?rid=${Math.floor(Date.now() / 1000) - 100_000}`);
    expect(received()).toMatchObject([{ latency_ms: 86_400_000 }]);
  });
});

describe("the senders of other monitors", () => {
  it.each([
    ["", { status: "up", latency_ms: 0, metadata: {} }],
    ["?status=up&msg=OK&ping=", { status: "up", latency_ms: 0, metadata: { msg: "OK" } }],
    ["?status=up&msg=OK&ping=12.5", { status: "up", latency_ms: 12.5, metadata: { msg: "OK" } }],
    ["?status=down&msg=no%20route", { status: "down", latency_ms: 0, metadata: { msg: "no route" } }],
  ])("of Uptime Kuma push %j", async (query, pulse) => {
    const response = await ping(`/api/push/job${query}`);
    expect([response.status, await response.json()]).toEqual([200, { ok: true }]);
    expect(received()).toMatchObject([{ service_name: "job", ...pulse }]);
  });

  it.each([
    ["success=true", { status: "success", latency_ms: 0, metadata: {} }],
    ["success=true&duration=1m2.5s", { status: "success", latency_ms: 62_500 }],
    [
      "success=false&error=timed+out&duration=10ms",
      { status: "fail", latency_ms: 10, metadata: { error: "timed out" } },
    ],
  ])("of Gatus post %j", async (query, pulse) => {
    const response = await ping(`/api/v1/endpoints/core_job/external?${query}`, { method: "POST" });
    expect(response.status).toBe(200);
    expect(received()).toMatchObject([{ service_name: "core_job", ...pulse }]);
  });

  it.each([
    ["0", 0],
    ["1.5s", 1500],
    ["1h2m3s4ms5us6µs7ns", 3_723_004.011007],
    [".5m", 30_000],
    ["", undefined],
    ["5", undefined],
    ["-1s", undefined],
    ["1s ", undefined],
  ])("writes the duration %j of Go", (text, ms) => {
    const read = parseGoDuration(text);
    if (ms === undefined) expect(read).toBeUndefined();
    else expect(read).toBeCloseTo(ms, 6);
  });
});
