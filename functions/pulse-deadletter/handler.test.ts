import { describe, expect, it } from "vitest";
import {
  ask,
  broker,
  clock,
  deadLetterId,
  eventIds,
  FAILED,
  list,
  logLines,
  metrics,
  post,
  replay,
  store,
} from "../testing/dead-letter-function.ts";

describe("a dead letter that comes in", () => {
  it("is shown as base64 where its data are nested too deep, and spoils no list", async () => {
    const deep = "[".repeat(5000) + "]".repeat(5000);
    const problem = `{"title":${deep}}`;
    await post({ "ce-id": "bytes", "ce-subject": "deep" }, deep);
    await post({ "ce-id": "corrected", "ce-pulsecorrected": "true", "ce-knativeerrordata": "" }, deep);
    await post({ "ce-id": "corrected", "ce-pulsecorrected": "true", "ce-knativeerrordata": problem }, deep);
    const letters = await list();
    expect(letters).toHaveLength(2);
    const base64 = Buffer.from(deep).toString("base64");
    for (const { event } of letters) expect(event).toMatchObject({ data_base64: base64 });
    expect(letters.find(({ event }) => event.id === "corrected")).toMatchObject({ detail: problem, correction: deep });
    expect(await ask(`/dead-letters/${await deadLetterId("bytes")}`)).toMatchObject({ status: 200 });
    expect((await ask("/dead-letters?service=deep")).body.dead_letters).toHaveLength(1);
  });

  it("is shown as base64 where an earlier version kept it as JSON that is nested too deep", async () => {
    const value = JSON.parse("[".repeat(1000) + "]".repeat(1000));
    const event = { id: "old", source: "/s", type: "t", extensions: {}, data: { kind: "json" as const, value } };
    const facts = { reason: "unknown", destination: undefined, code: undefined, detail: undefined };
    await store.put({ id: "0123456789abcdef01234567", event, ...facts, time: clock.now });
    expect(await list()).toMatchObject([{ event: { data_base64: expect.any(String) } }]);
  });

  it("may have an answer of megabytes", async () => {
    const event = { specversion: "1.0", id: "long", source: "/s", type: "t", knativeerrordata: "QUJD".repeat(900_000) };
    const headers = { "content-type": "application/cloudevents+json" };
    expect((await ask("/", { method: "POST", headers, body: JSON.stringify(event) })).status).toBe(204);
    expect((await list())[0]?.detail).toHaveLength(2_700_000);
  });

  it("is kept with what went wrong", async () => {
    const problem = { type: "about:blank", title: "Invalid request", status: 400 };
    const id = await post({ "ce-knativeerrordata": Buffer.from(JSON.stringify(problem)).toString("base64") });
    expect(await list()).toEqual([
      {
        id: expect.any(String),
        reason: "invalid",
        code: 400,
        destination: "http://persist/",
        detail: problem,
        time: new Date(clock.now).toISOString(),
        services: [],
        faults: [
          { pointer: "/data/service_name", rule: expect.stringMatching(/^Expected/), got: "absent" },
          { pointer: "/data/latency_ms", rule: expect.stringMatching(/^Expected milliseconds/), got: "number" },
          { pointer: "/data/status", rule: expect.stringMatching(/^Expected/), got: "absent" },
        ],
        event: {
          specversion: "1.0",
          id,
          source: "/shop",
          type: "dev.pulsemesh.pulse.v1",
          datacontenttype: "application/json",
          data: { latency_ms: -1 },
        },
      },
    ]);
  });

  it("is shown by its id, and counted by its reason", async () => {
    const id = await deadLetterId(await post({ "ce-knativeerrorcode": "503" }));
    await post();
    expect(await ask(`/dead-letters/${id}`)).toMatchObject({ status: 200, body: { id, reason: "unavailable" } });
    expect((await metrics.received.get()).values).toEqual([
      expect.objectContaining({ labels: { reason: "unavailable" }, value: 1 }),
      expect.objectContaining({ labels: { reason: "invalid" }, value: 1 }),
    ]);
  });

  it("is kept byte by byte, of any type, charset and data", async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    await post({ "ce-type": "strange.type", "content-type": "text/plain; charset=latin1" }, bytes);
    await post({ "content-type": "application/json" }, "{not json");
    expect((await list()).map(({ event }) => event)).toMatchObject([
      { data_base64: Buffer.from("{not json").toString("base64") },
      { data_base64: bytes.toString("base64"), type: "strange.type", datacontenttype: "text/plain; charset=latin1" },
    ]);
  });

  it.each<Record<string, string>>([
    { "ce-specversion": "0.3" },
    { "content-type": "json" },
    { "ce-time": "9:00 o'clock" },
    { "ce-region": "%FF" },
    { "ce-a-b": "1" },
  ])("is kept with %j, which brokers take, and is replayed with it", async (header) => {
    const [name, value] = Object.entries(header)[0] as [string, string];
    const id = await deadLetterId(await post(header));
    expect((await ask(`/dead-letters/${id}`)).status).toBe(200);
    expect((await ask("/dead-letters?service=a")).status).toBe(200);
    expect((await replay(`/dead-letters/${id}/replay`)).status).toBe(202);
    const sent = broker.received.at(-1)?.headers[name];
    expect(sent === value || sent === encodeURIComponent(value)).toBe(true);
  });

  it("may be structured, and posted by a person", async () => {
    const event = { specversion: "1.0", id: "1", source: "/by-hand", type: "t", data: { a: 1 } };
    const headers = { "content-type": "application/cloudevents+json" };
    expect((await ask("/", { method: "POST", headers, body: JSON.stringify(event) })).status).toBe(204);
    expect(await list("?reason=unknown")).toMatchObject([{ reason: "unknown", code: null, detail: null, event }]);
  });

  it("stays one dead letter when it comes again", async () => {
    await post({ "ce-id": "same" });
    await post({ "ce-id": "same", "ce-knativeerrorcode": "503" });
    expect(await list()).toMatchObject([{ code: 503, time: new Date(clock.now).toISOString() }]);
  });

  it("is counted once for each arrival of its event at the broker", async () => {
    const again = "2026-01-02T03:05:00Z";
    for (const arrival of [FAILED["ce-knativearrivaltime"], FAILED["ce-knativearrivaltime"], again]) {
      await post({ "ce-id": "same", "ce-knativearrivaltime": arrival });
    }
    expect(await list()).toHaveLength(1);
    expect((await metrics.receivedPulses.get()).values).toMatchObject([{ value: 2 }]);
  });

  it.each<[string, Record<string, string>, string]>([
    ["no event", { "content-type": "application/json" }, "{}"],
    ["a batch", { "content-type": "application/cloudevents-batch+json" }, "[]"],
    ["a format other than JSON", { "content-type": "application/cloudevents+avro" }, "x"],
    ["broken JSON", { "content-type": "application/cloudevents+json" }, "{"],
    ["an event without an id", { "ce-specversion": "1.0", "ce-source": "/", "ce-type": "t" }, ""],
  ])("is refused when it is %s", async (_, headers, body) => {
    const { status, headers: answered } = await ask("/", { method: "POST", headers, body });
    expect([status, answered.get("content-type")]).toEqual([400, "application/problem+json"]);
    expect(await list()).toEqual([]);
  });

  it("is refused for now while the store cannot take it, with a line that names it", async () => {
    await store.close();
    const headers = { "ce-specversion": "1.0", "ce-id": "1", "ce-source": "/", "ce-type": "t" };
    const { status, headers: answered } = await ask("/", { method: "POST", headers });
    expect([status, Number(answered.get("retry-after"))]).toEqual([503, expect.any(Number)]);
    const names = { deadLetterId: expect.any(String), eventId: "1", source: "/" };
    expect(logLines()).toEqual([expect.objectContaining({ msg: "request refused", status: 503, ...names })]);
    expect((await ask("/dead-letters")).status).toBe(503);
  });
});

describe("GET /dead-letters/count", () => {
  it("counts those that were not replayed, at once after each change", async () => {
    const waiting = async () => (await ask("/dead-letters/count")).body;
    expect(await waiting()).toEqual({ waiting: 0, is_more: false });
    const id = await deadLetterId(await post());
    await post();
    expect(await waiting()).toEqual({ waiting: 2, is_more: false });
    clock.now += 1000;
    await replay(`/dead-letters/${id}/replay`);
    expect(await waiting()).toEqual({ waiting: 1, is_more: false });
    await replay("/dead-letters/replay");
    expect(await waiting()).toEqual({ waiting: 0, is_more: false });
    expect((await ask("/dead-letters/count?reason=invalid")).status).toBe(400);
  });
});

describe("GET /dead-letters", () => {
  it("filters by reason, service, time and replay", async () => {
    const a = await post({ "ce-subject": "a" });
    const aTime = clock.now;
    const b = await post({ "ce-partitionkey": "b", "ce-knativeerrorcode": "429" });
    const c = await post({}, '{"pulses":[{"service_name":"a"},{"service_name":"c"}]}');
    expect(await eventIds()).toEqual([c, b, a]);
    expect(await eventIds("?reason=overloaded")).toEqual([b]);
    expect(await eventIds("?service=a")).toEqual([c, a]);
    expect(await eventIds(`?from=${aTime + 1}`)).toEqual([c, b]);
    expect(await eventIds(`?to=${new Date(aTime + 1).toISOString()}`)).toEqual([a]);
    clock.now += 1000;
    await replay(`/dead-letters/${await deadLetterId(b)}/replay`);
    expect(await eventIds("?replayed=true")).toEqual([b]);
    expect(await eventIds("?replayed=false&service=a&reason=invalid")).toEqual([c, a]);
  });

  it.each(["", "&service=even"])("goes from page to page by the cursor (%s)", async (filter) => {
    const posted: string[] = [];
    for (let i = 0; i < 60; i++) {
      const id = await post({ "ce-subject": i % 2 === 0 ? "even" : "odd" });
      if (filter === "" || i % 2 === 0) posted.unshift(id);
    }
    const pages: string[][] = [];
    let cursor = "";
    do {
      const { body } = await ask(`/dead-letters?limit=7${filter}${cursor}`);
      pages.push(body.dead_letters.map(({ event }: { event: { id: string } }) => event.id));
      cursor = body.cursor === undefined ? "" : `&cursor=${encodeURIComponent(body.cursor)}`;
    } while (cursor !== "");
    expect(pages.flat()).toEqual(posted);
    for (const page of pages.slice(0, -2)) expect(page).toHaveLength(7);
  });

  it("ends a page of large dead letters early", async () => {
    const large = JSON.stringify("x".repeat(1_000_000));
    for (let i = 0; i < 30; i++) await post({}, large);
    const { body } = await ask("/dead-letters");
    expect(body.dead_letters).toHaveLength(20);
    const { body: rest } = await ask(`/dead-letters?cursor=${body.cursor}`);
    expect(rest.dead_letters).toHaveLength(10);
    expect(rest.cursor).toBeUndefined();
  });

  it.each([
    ["reason=other", "/query/reason"],
    ["from=2026-01-02T00:00:00Z&to=2026-01-02T00:00:00Z", "/query/to"],
    ["from=1767323045", "/query/from"],
    ["limit=1001", "/query/limit"],
    ["cursor=nonsense", "/query/cursor"],
    ["replayed=1", "/query/replayed"],
    ["again=true", "/query/again"],
  ])("refuses %s", async (query, pointer) => {
    expect(await ask(`/dead-letters?${query}`)).toMatchObject({ status: 400, body: { errors: [{ pointer }] } });
  });

  it("names up to ten services and faults of each, and no fault of what failed for another reason", async () => {
    const pulses = Array.from({ length: 20 }, (_, i) => ({ service_name: `s-${i}`, status: "ok" }));
    const headers = { "ce-type": "dev.pulsemesh.pulses.v1" };
    await post(headers, JSON.stringify({ pulses }));
    await post({ ...headers, "ce-knativeerrorcode": "503" }, JSON.stringify({ pulses }));
    const [unavailable, invalid] = await list();
    expect(unavailable).toMatchObject({ reason: "unavailable", faults: [] });
    expect(invalid).toMatchObject({ services: pulses.slice(0, 10).map(({ service_name: name }) => name) });
    expect(invalid?.faults).toHaveLength(10);
    expect((invalid as unknown as { faults: object[] }).faults[9]).toMatchObject({
      pointer: "/data/pulses/9/latency_ms",
      got: "absent",
    });
  });

  it("answers 404 for an unknown dead letter", async () => {
    expect((await ask("/dead-letters/nobody")).status).toBe(404);
    expect((await replay("/dead-letters/nobody/replay")).status).toBe(404);
  });
});
