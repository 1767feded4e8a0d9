import { describe, expect, it } from "vitest";
import { DAY_MS } from "../../events/time.ts";
import { ask, forget, pulseOf, put, START } from "../testing/query-function.ts";
import { versionChanges } from "./versions.ts";

const MINUTE = 60_000;
const text = (time: number) => new Date(time).toISOString();
const NOW = Math.floor(Date.now() / 1000) * 1000;

async function mark(service: string, body: unknown) {
  return ask(`/services/${service}/markers`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}
const markersOf = async (service: string, query = "") => (await ask(`/services/${service}/markers${query}`)).body;

describe("markers that somebody posts", () => {
  it("are listed in their span, oldest first", async () => {
    await put(pulseOf({ service_name: "shop" }));
    const link = "https://ci.example/7";
    const first = { id: "7", time: text(NOW - 10 * MINUTE), text: "release 7", link };
    const { status, body } = await mark("shop", first);
    expect([status, body]).toEqual([200, first]);
    const { body: second } = await mark("shop", { text: "flag on" });
    expect(second).toEqual({ id: expect.any(String), time: expect.any(String), text: "flag on", link: null });
    const answer = await markersOf("shop");
    expect(answer).toMatchObject({ service_name: "shop", markers: [first, second], versions: [] });
    expect((await markersOf("shop", `?from=${NOW - 5 * MINUTE}`)).markers).toEqual([second]);
    await forget("shop");
    expect((await markersOf("shop")).markers).toEqual([]);
  });

  it("are one for an id, however often they are posted, also without a time", async () => {
    await put(pulseOf({ service_name: "again" }));
    const { body } = await mark("again", { id: "7", text: "release 7" });
    expect((await mark("again", { id: "7", text: "release 7" })).body).toEqual(body);
    await mark("again", { id: "7", time: text(NOW), text: "release 7.1" });
    expect((await markersOf("again")).markers).toEqual([{ id: "7", time: text(NOW), text: "release 7.1", link: null }]);
  });

  it("may be posted as they are answered: null is absent", async () => {
    await put(pulseOf({ service_name: "echoed" }));
    const { body } = await mark("echoed", { id: null, time: null, link: null, text: "release 8" });
    expect(body).toEqual({ id: expect.any(String), time: expect.any(String), text: "release 8", link: null });
    const again = await mark("echoed", body);
    expect([again.status, again.body]).toEqual([200, body]);
    expect((await markersOf("echoed")).markers).toEqual([body]);
  });

  it("are those of services: 404 for one that never pulsed, 400 for what is no name of one", async () => {
    expect((await mark("never", { text: "a" })).status).toBe(404);
    expect((await mark("no%20name", { text: "a" })).status).toBe(400);
    expect((await markersOf("never")).markers).toEqual([]);
  });

  it.each([
    ["no JSON", "nonsense", [""]],
    ["nothing", {}, ["/text"]],
    ["null for what they need", { text: null }, ["/text"]],
    ["a long text", { text: "x".repeat(201) }, ["/text"]],
    ["what runs", { text: "a", link: "javascript:alert(1)" }, ["/link"]],
    ["what is unknown", { text: "a", service: "b" }, ["/service"]],
    ["a time to come", { text: "a", time: text(NOW + 60 * MINUTE) }, ["/time"]],
    ["a time that is not kept", { text: "a", time: text(NOW - 500 * DAY_MS) }, ["/time"]],
  ])("are refused where they hold %s, and all that is wrong is named", async (_, body, pointers) => {
    const refused = await mark("refused", body);
    expect(refused.status).toBe(400);
    expect(refused.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(pointers);
    expect((await markersOf("refused")).markers).toEqual([]);
  });
});

describe("versions that pulses say", () => {
  /** A pulse a minute, of the versions so many minutes from START on. */
  const pulses = (service_name: string, versionAt: (minute: number) => string | undefined, count = 240) =>
    put(
      ...Array.from({ length: count }, (_, minute) => {
        const version = versionAt(minute);
        const time = { service_name, event_time: START + minute * MINUTE };
        return pulseOf({ ...time, ...(version !== undefined && { metadata: { version } }) });
      }),
    );
  const span = `?from=${START}&to=${START + 240 * MINUTE}`;

  it("are marked at the first pulse of each, at the way back to a former one, and not where old and new take turns", async () => {
    await pulses("deployed", (minute) => {
      if (minute < 61) return "1";
      if (minute < 70) return minute % 2 === 0 ? "1" : "2";
      return minute < 150 ? "2" : "1";
    });
    const { versions } = await markersOf("deployed", span);
    expect(versions.map(({ version }: { version: string }) => version)).toEqual(["2", "1"]);
    const [there, back] = versions.map(({ time }: { time: string }) => (Date.parse(time) - START) / MINUTE);
    expect(there).toBeGreaterThanOrEqual(61);
    expect(there).toBeLessThan(70);
    expect(back).toBe(150);
  });

  it("are known from before the span, are none where nothing says one, and may be those of OpenTelemetry", async () => {
    await pulses("before", (minute) => (minute < 100 ? "1" : "2"));
    expect((await markersOf("before", `?from=${START + 100 * MINUTE}&to=${START + 200 * MINUTE}`)).versions).toEqual([
      { time: text(START + 100 * MINUTE), version: "2" },
    ]);
    expect((await markersOf("before", `?from=${START + 101 * MINUTE}&to=${START + 200 * MINUTE}`)).versions).toEqual(
      [],
    );
    await pulses("silent", () => undefined);
    expect((await markersOf("silent", span)).versions).toEqual([]);
    const otlp = (minute: number, version: string) =>
      pulseOf({ service_name: "otlp", event_time: START + minute * MINUTE, metadata: { "service.version": version } });
    await put(otlp(1, "1"), otlp(2, "2"));
    expect((await markersOf("otlp", span)).versions).toEqual([{ time: text(START + 2 * MINUTE), version: "2" }]);
  });

  /** A service each of whose pulses says another version. The work is given up at one of its turns. */
  function restless(giveUpAt?: number) {
    const abort = new AbortController();
    let [looks, turns] = [0, 0];
    const reader = {
      page: async (_: string, { from, to }: { from: number; to: number }) => {
        looks++;
        const pulse = pulseOf({ service_name: "a", event_time: to - 1, metadata: { version: `${to}` } });
        return { ok: true as const, value: { pulses: from < to ? [pulse] : [] } };
      },
    };
    const share = { signal: abort.signal, nextTurn: async () => void (++turns === giveUpAt && abort.abort()) };
    const changes = () => versionChanges(reader as never, "a", { from: START, to: START + 30 * DAY_MS }, share);
    return { changes, looks: () => looks, turns: () => turns };
  }

  it("cost a bounded number of looks, each in a turn, also where each pulse says another one", async () => {
    const { changes, looks, turns } = restless();
    expect(await changes()).toHaveLength(20);
    expect(looks()).toBeLessThan(600);
    expect(turns()).toBe(looks());
  });

  it("are looked for no further once that is given up", async () => {
    const { changes, looks } = restless(100);
    await expect(changes()).rejects.toThrow("aborted");
    expect(looks()).toBe(99);
  });
});
