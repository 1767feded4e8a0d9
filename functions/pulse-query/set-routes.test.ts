import { describe, expect, it } from "vitest";
import { doorSettings } from "../../settings/door-settings.ts";
import { readSettings } from "../../settings/read.ts";
import type { SetService } from "../../storage/health-ports.ts";
import { createLogger } from "../log.ts";
import { ask, openQuery, openStore, pulseOf } from "../testing/query-function.ts";
import { fileOf } from "../testing/token-files.ts";
import { openDoors } from "../tokens/doors.ts";

const WORK = { from: "2026-12-24T22:00:00+01:00", to: "2026-12-25T04:00:00Z", reason: "the disk is replaced" };

/** The services that there are. */
const SERVICES = ["old/shop", "db", "other"];

/** pulse-query, how to change what is set for services, and what is set. */
async function open(store = openStore(), env: NodeJS.ProcessEnv = {}) {
  const doors = openDoors(readSettings(doorSettings, { PULSE_LISTEN_ADDRESS: "127.0.0.1", ...env }), LOG);
  await store.write(SERVICES.map((service_name) => pulseOf({ service_name })));
  const { host } = await openQuery({ store, doors });
  const change = async (
    method: "PUT" | "DELETE",
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ) => {
    const typed = body === undefined ? headers : { "content-type": "application/json", ...headers };
    const init = { method, headers: typed, ...(body !== undefined && { body: JSON.stringify(body) }) };
    const response = await fetch(`${host.url}/services/${path}`, init);
    const text = await response.text();
    return { status: response.status, body: text === "" ? undefined : JSON.parse(text), headers: response.headers };
  };
  const all = async () => {
    const found: SetService[] = [];
    for await (const chunk of store.health.set()) found.push(...chunk);
    return found;
  };
  return { change, all };
}
const LOG = createLogger("silent", "pulse-query");

describe("the API", () => {
  it("retires a service and takes it back, as often as it is asked", async () => {
    const { change, all } = await open();
    for (let i = 0; i < 2; i++) expect(await change("PUT", "old%2Fshop/retired")).toMatchObject({ status: 204 });
    expect(await all()).toEqual([{ service: "old/shop", isRetired: true, work: undefined }]);
    for (let i = 0; i < 2; i++) expect(await change("DELETE", "old%2Fshop/retired")).toMatchObject({ status: 204 });
    expect(await all()).toEqual([]);
  });

  it("plans work on a service in place of what was planned, and takes it back", async () => {
    const { change, all } = await open();
    await change("PUT", "db/maintenance", { ...WORK, reason: "another" });
    expect((await change("PUT", "db/maintenance", WORK)).status).toBe(204);
    const work = { from: Date.parse(WORK.from), to: Date.parse(WORK.to), reason: WORK.reason };
    expect(await all()).toEqual([{ service: "db", isRetired: false, work }]);
    expect((await change("DELETE", "db/maintenance")).status).toBe(204);
    expect(await all()).toEqual([]);
  });

  it("sets nothing for a service that never pulsed (404), or for what is no name of one (400), and takes everything back", async () => {
    const { change, all } = await open();
    for (const [service, status, pointers] of [
      ["never", 404, undefined],
      ["%20db", 400, ["/service_name"]],
      ["x".repeat(129), 400, ["/service_name"]],
    ] as const) {
      for (const refused of [
        await change("PUT", `${service}/retired`),
        await change("PUT", `${service}/maintenance`, WORK),
      ]) {
        const named = refused.body.errors?.map(({ pointer }: { pointer: string }) => pointer);
        expect([refused.status, named]).toEqual([status, pointers]);
      }
    }
    expect(await all()).toEqual([]);
    expect((await change("DELETE", "never/retired")).status).toBe(204);
    expect(await all()).toEqual([]);
  });

  it.each([
    ["no JSON", "nonsense", [""]],
    ["a list", [], [""]],
    ["nothing", {}, ["/from", "/to", "/reason"]],
    ["a time without an offset", { ...WORK, from: "2026-12-24T22:00" }, ["/from"]],
    ["an end before its beginning", { ...WORK, to: "2026-12-24T10:00:00Z" }, ["/to"]],
    ["a long reason", { ...WORK, reason: "x".repeat(501) }, ["/reason"]],
    ["a field that it does not know", { ...WORK, zone: "Europe/Berlin" }, ["/zone"]],
  ])("refuses a plan that is %s, and names all that is wrong", async (_, body, pointers) => {
    const { change, all } = await open();
    const refused = await change("PUT", "db/maintenance", body);
    expect(refused.status).toBe(400);
    expect(refused.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(pointers);
    expect(await all()).toEqual([]);
  });

  it("takes it from those with an admin's token for the service alone", async () => {
    const tokens = fileOf("for-db db\n");
    const { change, all } = await open(openStore(), { PULSE_ADMIN_TOKENS_FILE: tokens });
    const bearer = { authorization: "Bearer for-db" };
    expect((await change("PUT", "db/retired")).status).toBe(401);
    expect((await change("PUT", "other/retired", undefined, bearer)).status).toBe(403);
    expect((await change("PUT", "db/retired", undefined, { ...bearer, "sec-fetch-site": "cross-site" })).status).toBe(
      403,
    );
    expect((await change("PUT", "db/retired", undefined, bearer)).status).toBe(204);
    expect((await all()).map(({ service }) => service)).toEqual(["db"]);
  });

  it("answers 503 while the store does not take it, and 400 for a query", async () => {
    const own = openStore();
    const refusing = Object.create(own.health, { retire: { value: async () => false } });
    const store: ReturnType<typeof openStore> = Object.create(own, {
      health: { value: refusing },
      write: { value: own.write.bind(own) },
      page: { value: own.page.bind(own) },
      close: { value: () => own.close() },
    });
    const { change } = await open(store);
    const refused = await change("PUT", "db/retired");
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
    expect((await ask("/services/db/retired?for=ever", { method: "PUT" })).status).toBe(400);
  });
});
