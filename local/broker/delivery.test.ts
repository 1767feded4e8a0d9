import type { ServerResponse } from "node:http";
import { describe, expect, it, vi } from "vitest";
import { openTestBroker, post, triggerOf } from "../testing/broker.ts";
import { startSubscriber } from "../testing/subscriber.ts";

const decode = (value: unknown) => Buffer.from(String(value), "base64").toString();

describe("a delivery", () => {
  it("is tried again after an answer that may change, until it succeeds", async () => {
    const { url, subscriber, deadLetterSink, metrics } = await openTestBroker({ delivery: { retry: 5 } });
    const codes = [503, 404, 429, 500];
    subscriber.answerWith(() => ({ status: codes.shift() ?? 204 }));
    await post(url, "1");
    await vi.waitFor(() => expect(subscriber.ids()).toEqual(["1", "1", "1", "1", "1"]));
    await vi.waitFor(async () => {
      expect(await metrics()).toMatchObject({
        "deliveries_total t delivered": 1,
        "deliveries_total t retried": 4,
        "pending t subscriber": 0,
      });
    });
    expect(deadLetterSink.received).toEqual([]);
  });

  it("waits twice as long after every failure", async () => {
    const { url, subscriber, deadLetterSink } = await openTestBroker({
      delivery: { retry: 3, backoffPolicy: "exponential", backoffDelay: "PT0.1S" },
    });
    subscriber.answerWith(() => ({ status: 503 }));
    await post(url, "1");
    await vi.waitFor(() => expect(deadLetterSink.received).toHaveLength(1));
    const times = subscriber.received.map(({ at }) => at);
    expect(times).toHaveLength(4);
    // Never earlier than the back-off; a busy machine may be later.
    for (const [n, leastMs] of [100, 200, 400].entries()) {
      expect((times[n + 1] as number) - (times[n] as number)).toBeGreaterThanOrEqual(leastMs - 2);
    }
  });

  it("goes to the dead letters at once after a final answer", async () => {
    const { url, subscriber, deadLetterSink, logLines } = await openTestBroker();
    subscriber.answerWith(() => ({ status: 400, body: "Expected a pulse" }));
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    await post(url, "poison", { headers: { "ce-traceparent": traceparent }, body: '{"secret":1}' });
    await vi.waitFor(() => expect(deadLetterSink.received).toHaveLength(1));
    expect(subscriber.received).toHaveLength(1);
    const [deadLetter] = deadLetterSink.received;
    expect(deadLetter).toMatchObject({ id: "poison", body: '{"secret":1}' });
    expect(deadLetter?.headers).toMatchObject({
      "ce-knativeerrordest": encodeURI(subscriber.url.href),
      "ce-knativeerrorcode": "400",
      "ce-knativebrokerttl": "255",
      "ce-traceparent": traceparent,
    });
    expect(deadLetter?.headers).not.toHaveProperty("prefer");
    expect(decode(deadLetter?.headers["ce-knativeerrordata"])).toBe("Expected a pulse");
    const warning = logLines.find(({ msg }) => msg === "event goes to the dead letters");
    expect(warning).toMatchObject({
      level: 40,
      eventId: "poison",
      source: "/test",
      traceparent,
      code: 400,
      attempts: 1,
    });
    expect(JSON.stringify(logLines)).not.toContain("secret");
  });

  it("goes to the dead letters when its retries are used up, with the last answer", async () => {
    const { url, subscriber, deadLetterSink } = await openTestBroker({ delivery: { retry: 2 } });
    let tries = 0;
    subscriber.answerWith(() => ({ status: 503, body: `try ${++tries}` }));
    await post(url, "1");
    await vi.waitFor(() => expect(deadLetterSink.received).toHaveLength(1));
    expect(subscriber.received).toHaveLength(3);
    expect(deadLetterSink.received[0]?.headers["ce-knativeerrorcode"]).toBe("503");
    expect(decode(deadLetterSink.received[0]?.headers["ce-knativeerrordata"])).toBe("try 3");
  });

  it("counts a body that is no event as 502, and tries again", async () => {
    const { url, subscriber, deadLetterSink, logLines } = await openTestBroker({ delivery: { retry: 1 } });
    subscriber.answerWith(() => ({ status: 200, body: "stored!" }));
    await post(url, "1");
    await vi.waitFor(() => expect(deadLetterSink.received).toHaveLength(1));
    expect(subscriber.received).toHaveLength(2);
    expect(logLines.find(({ msg }) => msg === "event goes to the dead letters")).toMatchObject({ code: 502 });
  });

  it("ends at its timeout, is tried again, and then goes to the dead letters without facts", async () => {
    const { url, subscriber, deadLetterSink, logLines } = await openTestBroker({
      delivery: { retry: 1, timeout: "PT0.2S" },
    });
    const held: ServerResponse[] = [];
    subscriber.answerWith((_request, response) => {
      held.push(response);
      // Headers without a body are no answer either.
      if (held.length === 2) response.writeHead(200).flushHeaders();
      return undefined;
    });
    await post(url, "1");
    await vi.waitFor(() => expect(deadLetterSink.received).toHaveLength(1));
    expect(held).toHaveLength(2);
    expect(Object.keys(deadLetterSink.received[0]?.headers ?? {})).not.toContain("ce-knativeerrorcode");
    expect(logLines.find(({ msg }) => msg === "event goes to the dead letters")).toMatchObject({ code: 500 });
  });

  it("is tried again when nothing listens or the connection is cut", async () => {
    const gone = await startSubscriber();
    await gone.close();
    const deadLetterSink = await startSubscriber();
    const { url, subscriber } = await openTestBroker({
      subscribers: { target: gone.url, "dead-letters": deadLetterSink.url },
    });
    await post(url, "1");
    await vi.waitFor(() => expect(deadLetterSink.received).toHaveLength(1));
    expect(deadLetterSink.received[0]?.headers["ce-knativeerrorcode"]).toBe("500");
    expect(decode(deadLetterSink.received[0]?.headers["ce-knativeerrordata"])).toContain("ECONNREFUSED");
    await deadLetterSink.close();

    const second = await openTestBroker({ delivery: { retry: 1 } });
    second.subscriber.answerWith((_request, response) => {
      if (second.subscriber.received.length > 1) return { status: 204 };
      response.destroy();
      return undefined;
    });
    await post(second.url, "1");
    await vi.waitFor(() => expect(second.subscriber.ids()).toEqual(["1", "1"]));
    expect(subscriber.received).toEqual([]);
  });

  it("follows a redirect, and ends in the dead letters when redirects go round in circles", async () => {
    const { url, subscriber, deadLetterSink } = await openTestBroker({ delivery: { retry: 0 } });
    const elsewhere = await startSubscriber();
    subscriber.answerWith(() => ({ status: 307, headers: { location: elsewhere.url.href } }));
    await post(url, "1");
    await vi.waitFor(() => expect(elsewhere.received).toMatchObject([{ method: "POST", id: "1", body: '{"n":"1"}' }]));
    await elsewhere.close();
    subscriber.answerWith(() => ({ status: 308, headers: { location: "/in?x=1" } }));
    await post(url, "2");
    await vi.waitFor(() => expect(deadLetterSink.ids()).toEqual(["2"]));
  });

  it("is dropped, counted and logged when there is no dead-letter sink", async () => {
    const { deadLetterSink: _none, ...delivery } = triggerOf().spec.delivery ?? {};
    const triggers = [triggerOf({}, { delivery })];
    const { url, subscriber, metrics, logLines } = await openTestBroker({ triggers });
    subscriber.answerWith(() => ({ status: 400 }));
    await post(url, "1");
    await vi.waitFor(async () => expect(await metrics()).toMatchObject({ "deliveries_total t dropped": 1 }));
    expect(logLines.find(({ msg }) => String(msg).startsWith("event dropped"))).toMatchObject({
      level: 40,
      eventId: "1",
    });
  });

  it("to one subscriber does not wait for another's, and each Trigger has its own filters", async () => {
    const slow = await startSubscriber(() => undefined);
    const fast = await startSubscriber();
    const to = (name: string, uri: URL, type: string) => ({
      ...triggerOf({ timeout: "PT30S" }, { subscriber: { uri: uri.href }, filters: [{ prefix: { type } }] }),
      name,
    });
    const triggers = [to("slow", slow.url, "dev."), to("fast", fast.url, "dev.test"), to("none", fast.url, "org.")];
    const { url, metrics } = await openTestBroker({ triggers, graceMs: 50 });
    await Promise.all(Array.from({ length: 40 }, (_, i) => post(url, `${i}`)));
    await vi.waitFor(() => expect(new Set(fast.ids()).size).toBe(40));
    await vi.waitFor(() => expect(slow.received).toHaveLength(16));
    expect(await metrics()).toMatchObject({
      "pending slow subscriber": 40,
      "in_flight slow subscriber": 16,
      "pending none subscriber": 0,
    });
    await Promise.all([slow.close(), fast.close()]);
  });
});

describe("an ordered delivery", () => {
  it("holds up the next ones until it succeeded or is given up, also over a restart", async () => {
    const triggers = [
      { ...triggerOf({ retry: 3, backoffPolicy: "linear", backoffDelay: "PT0.02S" }), isOrdered: true },
    ];
    const { url, broker, subscriber, deadLetterSink, metrics, restart } = await openTestBroker({ triggers });
    let tries = 0;
    subscriber.answerWith(({ id }) => ({ status: id === "5" || tries++ % 3 > 0 ? 503 : 204 }));
    for (let i = 0; i < 8; i++) await post(url, `${i}`);
    await vi.waitFor(() => expect(subscriber.ids()).toContain("2"));
    await broker.close();
    await restart();
    await vi.waitFor(() => expect(subscriber.ids()).toContain("7"));
    await vi.waitFor(async () => expect(await metrics()).toMatchObject({ "pending t subscriber": 0 }));
    // None before the one before it, and none after the next one has begun.
    expect(subscriber.ids()).toEqual(subscriber.ids().toSorted());
    expect(new Set(subscriber.ids()).size).toBe(8);
    await vi.waitFor(() => expect(deadLetterSink.ids()).toEqual(["5"]));
  });
});

describe("a dead letter", () => {
  it("is retried forever when its sink refuses it, with any answer", async () => {
    const { url, subscriber, deadLetterSink, metrics } = await openTestBroker({ delivery: { retry: 1 } });
    subscriber.answerWith(() => ({ status: 400 }));
    const codes = [503, 400, 413, 500, 404, 503];
    deadLetterSink.answerWith(() => ({ status: codes.shift() ?? 200, body: "kept, thank you" }));
    await post(url, "1");
    await vi.waitFor(() => expect(deadLetterSink.received).toHaveLength(7));
    await vi.waitFor(async () => {
      expect(await metrics()).toMatchObject({
        "deliveries_total t dead_lettered": 1,
        "deliveries_total t dead_letter_retried": 6,
        "deliveries_total t dead_letter_delivered": 1,
        "pending t dead_letter": 0,
      });
    });
    expect(deadLetterSink.received.at(-1)?.headers["ce-knativeerrorcode"]).toBe("400");
  });

  it("does not hold up events that can be delivered", async () => {
    const { url, subscriber, deadLetterSink } = await openTestBroker({ graceMs: 50, delivery: { timeout: "PT30S" } });
    deadLetterSink.answerWith(() => undefined);
    subscriber.answerWith(({ id }) => ({ status: id.startsWith("bad") ? 400 : 204 }));
    await Promise.all(Array.from({ length: 30 }, (_, i) => post(url, `bad ${i}`.replaceAll(" ", "-"))));
    await vi.waitFor(() => expect(deadLetterSink.received).toHaveLength(4));
    await post(url, "good");
    await vi.waitFor(() => expect(subscriber.ids()).toContain("good"));
  });
});
