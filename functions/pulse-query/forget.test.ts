import { pino } from "pino";
import { expect, it, onTestFinished, vi } from "vitest";
import { doorSettings } from "../../settings/door-settings.ts";
import { readSettings } from "../../settings/read.ts";
import { StoreError } from "../../storage/store-error.ts";
import { openFunctionHost } from "../testing/function-host.ts";
import { OPEN_DOORS } from "../testing/open-doors.ts";
import { openStore, pulseOf } from "../testing/query-function.ts";
import { fileOf } from "../testing/token-files.ts";
import { openDoors } from "../tokens/doors.ts";
import { behind } from "../tokens/guarded-routes.ts";
import { forgetRoute } from "./forget.ts";
import { createQuery, type QueryOptions } from "./handler.ts";

const DAY_MS = 86_400_000;

/** pulse-query with some services, each with two pulses, and what its store was asked to forget. */
async function openWith(services: readonly string[], options: Partial<QueryOptions> & { waitMs?: number } = {}) {
  const own = openStore();
  await own.write(services.flatMap((name) => [pulseOf({ service_name: name }), pulseOf({ service_name: name })]));
  const asked: string[][] = [];
  let before = async () => {};
  const store: QueryOptions["store"] = {
    latest: () => own.latest(),
    names: () => own.names(),
    page: own.page.bind(own),
    scan: own.scan.bind(own),
    measures: own.measures.bind(own),
    async forget(names) {
      asked.push([...names]);
      await before();
      await own.forget(names);
    },
    health: own.health,
    markers: own.markers,
    check: () => own.check(),
    close: () => own.close(),
  };
  const { waitMs, doors = OPEN_DOORS, userHeader } = options;
  const host = await openFunctionHost(({ log }) => {
    const query = createQuery({ store, retentionMs: 30 * DAY_MS, log, doors, ...options });
    if (waitMs === undefined) return query;
    const short = behind(doors.admin, [forgetRoute({ store, userHeader, waitMs })]);
    return { ...query, routes: [...query.routes.filter(({ method }) => method !== "DELETE"), ...short] };
  });
  onTestFinished(() => host.close());
  const remove = (name: string, headers: Record<string, string> = {}, more: RequestInit = {}) =>
    fetch(`${host.url}/services/${encodeURIComponent(name)}`, { method: "DELETE", headers, ...more });
  const names = async () => {
    const { services: all } = (await (await fetch(`${host.url}/services`)).json()) as {
      services: { service_name: string }[];
    };
    return all.map(({ service_name: name }) => name);
  };
  return {
    own,
    host,
    asked,
    remove,
    names,
    letWait(wait: () => Promise<void>) {
      before = wait;
    },
  };
}

it("removes a service and no other, also one with a slash in its name, and can be repeated", async () => {
  const { remove, names, own, host } = await openWith(["edge/gateway", "edge", "cart"]);
  const first = await remove("edge/gateway");
  expect([first.status, await first.text()]).toEqual([204, ""]);
  expect(await names()).toEqual(["cart", "edge"]);
  expect((await fetch(`${host.url}/services/edge%2Fgateway`)).status).toBe(404);
  expect(await (await fetch(`${host.url}/services/edge%2Fgateway/pulses`)).json()).toEqual({ pulses: [] });
  expect((await remove("edge/gateway")).status).toBe(204);
  await own.write([pulseOf({ service_name: "edge/gateway" })]);
  expect(await names()).toEqual(["cart", "edge", "edge/gateway"]);
});

it("asks the store nothing for a service that is not there", async () => {
  const { remove, asked } = await openWith(["cart"]);
  expect((await remove("nobody")).status).toBe(204);
  expect(asked).toEqual([]);
});

it("answers 202 while it goes on, 204 once it is done, and begins no second removal", async () => {
  const { remove, names, asked, letWait } = await openWith(["cart"], { waitMs: 1 });
  const { promise, resolve } = Promise.withResolvers<void>();
  letWait(() => promise);
  for (let i = 0; i < 3; i++) {
    const answer = await remove("cart");
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([202, "5"]);
    expect(await answer.json()).toMatchObject({ service_name: "cart", detail: expect.stringMatching(/again/) });
  }
  resolve();
  await vi.waitFor(async () => expect((await remove("cart")).status).toBe(204));
  expect(asked).toEqual([["cart"]]);
  expect(await names()).toEqual([]);
});

it("removes together what is asked for meanwhile", async () => {
  const services = ["a", "b", "c", "d"];
  const { remove, names, asked, letWait, host } = await openWith(services);
  const { promise, resolve } = Promise.withResolvers<void>();
  letWait(() => promise);
  const first = remove("a");
  await vi.waitFor(() => expect(asked).toEqual([["a"]]));
  const others = ["b", "c", "d", "a"].map((name) => remove(name));
  const isAsked = (service: string) => host.lines.some((line) => line.service === service);
  await vi.waitFor(() => expect(services.every(isAsked)).toBe(true));
  resolve();
  expect((await Promise.all([first, ...others])).map(({ status }) => status)).toEqual([204, 204, 204, 204, 204]);
  expect(asked.map((some) => some.toSorted())).toEqual([["a"], ["b", "c", "d"]]);
  expect(await names()).toEqual([]);
});

it("answers 503 where the store does not, says so in the log, and tries again when it is asked again", async () => {
  const { remove, names, host, letWait } = await openWith(["cart"]);
  letWait(() => Promise.reject(new StoreError("the disk is away")));
  const answer = await remove("cart");
  expect([answer.status, await answer.json()]).toEqual([
    503,
    expect.objectContaining({ detail: expect.stringContaining("the disk is away") }),
  ]);
  expect(host.lines).toContainEqual(
    expect.objectContaining({ level: 50, service: "cart", msg: "service not forgotten, or only in part" }),
  );
  letWait(async () => {});
  expect((await remove("cart")).status).toBe(204);
  expect(await names()).toEqual([]);
});

it("refuses another site's page, a body that is no JSON, a parameter, and a request for every service", async () => {
  const { remove, names, host } = await openWith(["cart"]);
  expect((await remove("cart", { "sec-fetch-site": "cross-site" })).status).toBe(403);
  expect((await remove("cart", { origin: "http://evil.example" })).status).toBe(403);
  expect((await remove("cart", { "content-type": "text/plain" }, { body: "x" })).status).toBe(415);
  expect((await fetch(`${host.url}/services/cart?force=1`, { method: "DELETE" })).status).toBe(400);
  const all = await fetch(`${host.url}/services`, { method: "DELETE" });
  expect([all.status, all.headers.get("allow")]).toEqual([405, "GET"]);
  expect(await names()).toEqual(["cart"]);
  expect((await remove("cart", { "sec-fetch-site": "same-origin", origin: host.url })).status).toBe(204);
});

it("is for admins of the service, whom the log names by the line of their token and the proxy's user", async () => {
  const env = {
    PULSE_READ_TOKENS_FILE: fileOf("reader *\n"),
    PULSE_ADMIN_TOKENS_FILE: fileOf("all *\nshop cart checkout\n"),
  };
  const doors = openDoors(readSettings(doorSettings, env), pino({ level: "silent" }));
  onTestFinished(doors.close);
  const { remove, host } = await openWith(["cart", "mail"], { doors, userHeader: "x-user" });
  const as = (name: string, token?: string) =>
    remove(name, { "x-user": "ada", ...(token !== undefined && { authorization: `Bearer ${token}` }) });
  expect((await as("cart")).status).toBe(401);
  expect((await as("cart", "wrong")).status).toBe(401);
  expect((await as("cart", "reader")).status).toBe(403);
  expect((await as("mail", "shop")).status).toBe(403);
  expect((await as("cart", "shop")).status).toBe(204);
  const by = { user: "ada", tokenLine: 2 };
  for (const msg of ["a service is being forgotten", "service forgotten"]) {
    expect(host.lines).toContainEqual(expect.objectContaining({ level: 30, service: "cart", by, msg }));
  }
  expect(JSON.stringify(host.lines)).not.toContain('"mail"');
});

it("is off in a container where nobody is named", async () => {
  const doors = openDoors(readSettings(doorSettings, {}), pino({ level: "silent" }));
  const { remove, names } = await openWith(["cart"], { doors });
  const answer = await remove("cart");
  expect([answer.status, await answer.text()]).toEqual([403, expect.stringContaining("PULSE_ADMIN_TOKENS_FILE")]);
  expect(await names()).toEqual(["cart"]);
});
