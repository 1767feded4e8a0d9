// The answers of a function as a module. test/function.test.ts runs the module under the stock faas-js-runtime command.
import { pino } from "pino";
import { afterAll, describe, expect, it } from "vitest";
import type { HttpRequest } from "../../http/route.ts";
import { init as initStock, liveness, shutdown, handle as stockHandle } from "../handler.ts";
import type { PulseFunction } from "../pulse-function.ts";
import { openBroker, pulsesIn } from "../testing/broker.ts";
import { asFaasModule, type FaasContext } from "./faas-module.ts";

const broker = await openBroker();
afterAll(() => broker.close());

const log = pino({ level: "silent" });
const context = (fields: Partial<FaasContext> = {}): FaasContext => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  query: {},
  body: undefined,
  ...fields,
});

describe("a function as a module of the runtime", () => {
  const seen: HttpRequest[] = [];
  const fn: PulseFunction = {
    name: "seen",
    routes: [
      {
        method: "POST",
        path: "/",
        admit: (headers) => (headers.authorization === "no" ? { status: 401, body: "no" } : undefined),
        handle: (request) => {
          seen.push(request);
          return { status: 204 };
        },
      },
    ],
    check: async () => {},
    close: async () => {},
  };
  const module = asFaasModule(fn, log, async () => {});

  it("gets its body as bytes, in each form that the runtime makes of it", async () => {
    const bodies = [Buffer.from("bytes"), "text", { parsed: [1] }, undefined, null];
    for (const body of bodies) await module.handle(context({ body, query: { a: "b" } }));
    expect(seen.map(({ body }) => body.toString())).toEqual(["bytes", "text", '{"parsed":[1]}', "", ""]);
    expect(seen[0]?.query.get("a")).toBe("b");
  });

  it("answers in the runtime's shape, with an empty body for none", async () => {
    expect(await module.handle(context())).toEqual({
      statusCode: 204,
      headers: { "content-type": "text/plain" },
      body: "",
    });
    expect(await module.handle(context({ headers: { authorization: "no" } }))).toMatchObject({ statusCode: 401 });
    expect(await module.handle(context({ method: "GET" }))).toMatchObject({ statusCode: 404 });
  });
});

describe("pulse-ingest under the stock command", () => {
  it("says what is missing when it was not initialised", () => {
    expect(() => stockHandle(context())).toThrow(/Expected init\(\)/);
  });

  it("takes a pulse, is alive, and sends the pulse before it ends", async () => {
    process.env.K_SINK = broker.url;
    process.env.PULSE_LOG_LEVEL = "silent";
    initStock();
    const body = { service_name: "checkout", latency_ms: 1, status: "ok", id: "a" };
    const reply = await stockHandle(context({ body }));
    expect([reply.statusCode, reply.body]).toEqual([202, '{"accepted":1,"ids":["a"]}']);
    const sent: string[] = [];
    const faasReply = { code: () => faasReply, header: () => faasReply, send: (text: string) => sent.push(text) };
    liveness({}, faasReply);
    expect(sent).toEqual(["OK"]);
    await shutdown();
    expect(pulsesIn(broker.received).map(({ id }) => id)).toEqual(["a"]);
  });
});
