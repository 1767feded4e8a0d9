import type { IncomingHttpHeaders } from "node:http";
import { describe, expect, it } from "vitest";
import {
  broker,
  clock,
  deadLetterId,
  eventIds,
  FAILED,
  fn,
  list,
  metrics,
  post,
  reopen,
  replay,
} from "../testing/dead-letter-function.ts";

const GOOD = '{"service_name":"checkout","latency_ms": 1,"status":"ok"}';

/** The attributes that an event brings along when it fails again. */
function comingBack(headers: IncomingHttpHeaders): Record<string, string> {
  const own = Object.entries(headers).filter(([name]) => name.startsWith("ce-"));
  return Object.fromEntries(own) as Record<string, string>;
}

describe("replaying a dead letter", () => {
  it("sends the original event, and notes that the broker took it", async () => {
    const event = await post({ "ce-health": "up", "ce-knativebrokerttl": "254" });
    const id = await deadLetterId(event);
    clock.now += 1000;
    expect(await replay(`/dead-letters/${id}/replay`)).toMatchObject({ status: 202, body: { replayed: 1 } });
    expect(broker.received).toHaveLength(1);
    expect(broker.received[0]?.body).toBe('{"latency_ms":-1}');
    expect(
      Object.keys(broker.received[0]?.headers ?? {})
        .filter((name) => name.startsWith("ce-"))
        .sort(),
    ).toEqual(["ce-health", "ce-id", "ce-pulsearrival", "ce-source", "ce-specversion", "ce-type"]);
    expect(broker.received[0]?.headers).toMatchObject({
      "ce-id": event,
      "ce-source": "/shop",
      "ce-pulsearrival": FAILED["ce-knativearrivaltime"],
    });
    expect(await list()).toMatchObject([{ id, replayed_at: new Date(clock.now).toISOString() }]);
    expect((await metrics.replayed.get()).values).toMatchObject([{ value: 1 }]);
  });

  it("sends corrected data in place of the event's, and keeps both", async () => {
    const event = await post({ "ce-subject": "checkout" });
    const id = await deadLetterId(event);
    clock.now += 1000;
    const { status } = await replay(`/dead-letters/${id}/replay`, GOOD);
    expect([status, broker.received[0]?.body]).toEqual([202, GOOD]);
    expect(broker.received[0]?.headers).toMatchObject({
      "content-type": "application/json",
      "ce-pulsecorrected": "true",
    });
    expect(await list()).toMatchObject([
      {
        replayed_at: new Date(clock.now).toISOString(),
        event: { id: event, data: { latency_ms: -1 } },
        correction: JSON.parse(GOOD),
        faults: [],
      },
    ]);
  });

  it("refuses a correction that would fail again, names its faults, and sends nothing", async () => {
    const id = await deadLetterId(await post());
    const { status, body } = await replay(
      `/dead-letters/${id}/replay`,
      '{"service_name":"checkout","latency_ms":"fast"}',
    );
    expect([status, body.errors.map(({ pointer }: { pointer: string }) => pointer)]).toEqual([
      400,
      ["/data/latency_ms", "/data/status"],
    ]);
    const old = JSON.stringify({ ...JSON.parse(GOOD), event_time: "2020-01-01T00:00:00Z" });
    expect((await replay(`/dead-letters/${id}/replay`, old)).body.errors).toMatchObject([
      { pointer: "/data/event_time" },
    ]);
    expect(broker.received).toEqual([]);
    const [deadLetter] = await list("?replayed=false");
    expect(deadLetter).toMatchObject({ id, event: { data: { latency_ms: -1 } } });
    expect(deadLetter).not.toHaveProperty("correction");
  });

  it("keeps what failed first when a correction fails and comes back, and then sends the correction", async () => {
    const event = await post();
    const id = await deadLetterId(event);
    broker.answer = async ({ headers, body }) => {
      await post({ ...comingBack(headers), "ce-id": event, "ce-knativeerrorcode": "503" }, body);
      return 202;
    };
    clock.now += 1000;
    await replay(`/dead-letters/${id}/replay`, GOOD);
    expect(await list()).toMatchObject([
      { id, reason: "unavailable", code: 503, event: { data: { latency_ms: -1 } }, correction: JSON.parse(GOOD) },
    ]);
    expect(await list("?replayed=true")).toEqual([]);
    broker.answer = () => 202;
    clock.now += 1000;
    expect((await replay("/dead-letters/replay?reason=unavailable")).body).toMatchObject({ replayed: 1 });
    expect(broker.received.at(-1)?.body).toBe(GOOD);
  });

  it("keeps a correction while the broker is away", async () => {
    await reopen({ deadlineMs: 150 });
    const id = await deadLetterId(await post());
    broker.answer = () => 503;
    expect((await replay(`/dead-letters/${id}/replay`, GOOD)).status).toBe(503);
    expect(await list("?replayed=false")).toMatchObject([
      { id, event: { data: { latency_ms: -1 } }, correction: JSON.parse(GOOD) },
    ]);
  });

  it("refuses data other than JSON", async () => {
    const id = await deadLetterId(await post());
    expect((await replay(`/dead-letters/${id}/replay`, "{")).body.errors).toMatchObject([{ pointer: "/data" }]);
    expect((await replay(`/dead-letters/${id}/replay?twice=true`)).status).toBe(400);
    expect(broker.received).toEqual([]);
  });

  it("is refused the second time, unless the query says again", async () => {
    const id = await deadLetterId(await post());
    clock.now += 1000;
    await replay(`/dead-letters/${id}/replay`);
    const { status, body } = await replay(`/dead-letters/${id}/replay`);
    expect([status, body.detail]).toEqual([409, expect.stringContaining("?again=true")]);
    expect((await replay(`/dead-letters/${id}/replay?again=true`)).status).toBe(202);
    expect(broker.received).toHaveLength(2);
  });

  it("leaves the dead letter unchanged while the broker is away", async () => {
    await reopen({ deadlineMs: 150 });
    const id = await deadLetterId(await post());
    broker.answer = () => 503;
    const away = await replay(`/dead-letters/${id}/replay`);
    expect([away.status, away.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(await list("?replayed=false")).toMatchObject([{ id }]);
  });

  it("leaves the dead letter unchanged when the broker refuses it", async () => {
    const id = await deadLetterId(await post());
    broker.answer = () => 400;
    expect((await replay(`/dead-letters/${id}/replay`)).status).toBe(422);
    expect(await list("?replayed=false")).toMatchObject([{ id }]);
  });

  it("does not count as done when the event comes back before the broker answers", async () => {
    const event = await post();
    const id = await deadLetterId(event);
    clock.now += 1000;
    broker.answer = async () => {
      await post({ "ce-id": event, "ce-knativeerrorcode": "422" });
      return 202;
    };
    expect((await replay(`/dead-letters/${id}/replay`)).status).toBe(202);
    expect(await list("?replayed=false")).toMatchObject([{ id, code: 422 }]);
  });
});

describe("replaying many dead letters", () => {
  it("sends each that matches and was not replayed, once", async () => {
    const posted: string[] = [];
    for (let i = 0; i < 50; i++) posted.push(await post({ "ce-subject": i < 45 ? "a" : "b" }));
    clock.now += 1000;
    await replay(`/dead-letters/${await deadLetterId(posted[0] as string)}/replay`);
    const count = await replay("/dead-letters/replay?service=a&reason=invalid");
    expect(count).toMatchObject({ status: 202, body: { replayed: 44, failed: 0, remaining: 0 } });
    expect(broker.received.map(({ headers }) => headers["ce-id"]).sort()).toEqual(posted.slice(0, 45).sort());
    expect(await eventIds("?replayed=false")).toEqual(posted.slice(45).reverse());
  });

  it("tells how many remain beyond the limit, and how many the broker refused", async () => {
    const refused = await post();
    for (let i = 0; i < 29; i++) await post();
    broker.answer = ({ headers }) => (headers["ce-id"] === refused ? 400 : 202);
    clock.now += 1000;
    const limited = await replay("/dead-letters/replay?limit=25");
    expect(limited.body).toEqual({ replayed: 25, failed: 0, remaining: 5, is_more: false });
    expect((await replay("/dead-letters/replay")).body).toMatchObject({ replayed: 4, failed: 1, remaining: 0 });
  });

  it("leaves alone what comes back meanwhile", async () => {
    for (let i = 0; i < 3; i++) await post();
    clock.now += 1000;
    broker.answer = async ({ headers }) => {
      await post({ "ce-id": headers["ce-id"] as string });
      return 202;
    };
    expect((await replay("/dead-letters/replay")).body).toMatchObject({ replayed: 3, remaining: 0 });
    expect(broker.received).toHaveLength(3);
    expect(await list("?replayed=false")).toHaveLength(3);
  });

  it("ends at once when the broker is away", async () => {
    await reopen({ deadlineMs: 150 });
    for (let i = 0; i < 30; i++) await post();
    broker.answer = () => 503;
    const away = await replay("/dead-letters/replay");
    expect([away.status, away.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(new Set(broker.received.map(({ headers }) => headers["ce-id"])).size).toBeLessThanOrEqual(4);
    expect(await list("?replayed=false")).toHaveLength(30);
  });

  it("ends when the broker goes away, and tells what was done until then", async () => {
    for (let i = 0; i < 30; i++) await post();
    clock.now += 1000;
    let taken = 0;
    broker.answer = () => (++taken <= 10 ? 202 : 503);
    const { status, body } = await replay("/dead-letters/replay");
    expect([status, body.replayed, body.replayed + body.failed + body.remaining]).toEqual([202, 10, 30]);
    expect(body.stopped).toMatch(/503/);
    expect(await list("?replayed=true")).toHaveLength(10);
  });

  it("ends after the events in flight when the function stops", async () => {
    for (let i = 0; i < 30; i++) await post();
    broker.answer = () => {
      fn.onDrain?.();
      return 202;
    };
    const { status, body } = await replay("/dead-letters/replay");
    expect([status, body.stopped]).toEqual([202, "the function is stopping"]);
    expect(body.replayed).toBeLessThanOrEqual(4);
    expect(await list("?replayed=true")).toHaveLength(body.replayed);
  });

  it("refuses a body and unknown parameters", async () => {
    await post();
    expect((await replay("/dead-letters/replay", "{}")).status).toBe(400);
    expect((await replay("/dead-letters/replay?replayed=true")).status).toBe(400);
    expect((await replay("/dead-letters/replay?from=2026-01-05T00:00:00Z&to=2026-01-04T00:00:00Z")).status).toBe(400);
    expect(broker.received).toEqual([]);
  });
});
