import { describe, expect, it, vi } from "vitest";
import { openTestBroker, post, triggerOf } from "../testing/broker.ts";

describe("a reply", () => {
  const reply = (id: string, type: string) => ({
    status: 200,
    headers: {
      "content-type": "application/json",
      "ce-specversion": "1.0",
      "ce-id": id,
      "ce-source": "/reply",
      "ce-type": type,
      "ce-knativebrokerttl": "9999",
    },
    body: '{"reply":true}',
  });

  it("enters the broker as a new event, with a new arrival time", async () => {
    const { url, subscriber, metrics } = await openTestBroker();
    subscriber.answerWith(({ id }) => (id === "1" ? reply("r", "dev.reply") : { status: 204 }));
    await post(url, "1");
    await vi.waitFor(() => expect(subscriber.ids()).toEqual(["1", "r"]));
    const [cause, effect] = subscriber.received;
    expect(effect?.body).toBe('{"reply":true}');
    expect(effect?.headers).toMatchObject({ "ce-source": "/reply", "ce-type": "dev.reply" });
    expect(Date.parse(String(effect?.headers["ce-knativearrivaltime"]))).toBeGreaterThanOrEqual(
      Date.parse(String(cause?.headers["ce-knativearrivaltime"])),
    );
    await vi.waitFor(async () => {
      expect(await metrics()).toMatchObject({ "events_total reply_accepted": 1, "deliveries_total t delivered": 2 });
    });
  });

  it("that is nested too deep is refused, and the broker lives on", async () => {
    const { url, subscriber, deadLetterSink } = await openTestBroker();
    const data = "[".repeat(5000) + "]".repeat(5000);
    const body = `{"specversion":"1.0","id":"deep","source":"/s","type":"t","data":${data}}`;
    const headers = { "content-type": "application/cloudevents+json" };
    subscriber.answerWith(({ id }) => (id === "1" ? { status: 200, headers, body } : { status: 204 }));
    await post(url, "1");
    await vi.waitFor(() => expect(deadLetterSink.ids()).toEqual(["1"]));
    await post(url, "2");
    await vi.waitFor(() => expect(subscriber.ids()).toContain("2"));
    expect(subscriber.ids()).not.toContain("deep");
  });

  it("with more attributes than an event may have is refused, like such an event", async () => {
    const { url, subscriber, deadLetterSink } = await openTestBroker();
    const long = { "ce-note": "x".repeat(8192) };
    const { headers, ...answer } = reply("long", "dev.reply");
    subscriber.answerWith(({ id }) => (id === "1" ? { ...answer, headers: { ...headers, ...long } } : { status: 204 }));
    expect((await post(url, "0", { headers: long })).status).toBe(400);
    await post(url, "1");
    await vi.waitFor(() => expect(deadLetterSink.ids()).toEqual(["1"]));
    expect(deadLetterSink.received[0]?.headers["ce-knativeerrorcode"]).toBe("400");
    await post(url, "2");
    await vi.waitFor(() => expect(subscriber.ids()).toContain("2"));
    expect(subscriber.ids()).not.toContain("long");
  });

  it("that causes itself ends at the hop limit", async () => {
    const { url, subscriber, deadLetterSink, metrics, logLines } = await openTestBroker();
    let n = 0;
    subscriber.answerWith(() => reply(`r${++n}`, "dev.reply"));
    await post(url, "1", { headers: { "ce-knativebrokerttl": "4" } });
    await vi.waitFor(async () => expect(await metrics()).toMatchObject({ "events_total hop_limit": 1 }));
    // 4 becomes 3 when it enters; its replies have 2 and 1.
    expect(subscriber.ids()).toEqual(["1", "r1", "r2"]);
    expect(logLines.some(({ msg }) => String(msg).startsWith("reply refused"))).toBe(true);
    // As in Knative, the event whose reply the broker refuses becomes a dead letter of the broker.
    await vi.waitFor(() => expect(deadLetterSink.ids()).toEqual(["r2"]));
    expect(deadLetterSink.received[0]?.headers).toMatchObject({
      "ce-knativeerrordest": url,
      "ce-knativeerrorcode": "400",
    });
  });

  it("that no Trigger wants is dropped", async () => {
    const triggers = [triggerOf({}, { filters: [{ exact: { type: "dev.test" } }] })];
    const { url, subscriber, metrics } = await openTestBroker({ triggers });
    subscriber.answerWith(() => reply("r", "dev.other"));
    await post(url, "1");
    await vi.waitFor(async () =>
      expect(await metrics()).toMatchObject({
        "events_total reply_unmatched": 1,
        "deliveries_total t delivered": 1,
        "pending t subscriber": 0,
      }),
    );
  });
});

it("an event whose hops are used up is refused", async () => {
  const { url, metrics } = await openTestBroker();
  for (const ttl of ["1", "0", "-5"]) {
    expect((await post(url, "1", { headers: { "ce-knativebrokerttl": ttl } })).status).toBe(400);
  }
  expect((await post(url, "1", { headers: { "ce-knativebrokerttl": "many" } })).status).toBe(202);
  expect(await metrics()).toMatchObject({ "events_total hop_limit": 3, "events_total accepted": 1 });
});
