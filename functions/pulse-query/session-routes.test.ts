// A browser signs in with a token, reads and changes by it, and signs out.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { doorSettings } from "../../settings/door-settings.ts";
import { readSettings } from "../../settings/read.ts";
import type { FunctionHost } from "../testing/function-host.ts";
import { openQuery, openStore, pulseOf } from "../testing/query-function.ts";
import { type Doors, openDoors } from "../tokens/doors.ts";

const folder = mkdtempSync(join(tmpdir(), "pulse-session-"));
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const readers = file("readers", "reader *\nnarrow cart\n");
const admins = file("admins", "admin *\n");
let doors: Doors;
let host: FunctionHost;

beforeAll(async () => {
  const env = { PULSE_READ_TOKENS_FILE: readers, PULSE_ADMIN_TOKENS_FILE: admins };
  doors = openDoors(readSettings(doorSettings, env), pino({ level: "silent" }));
  const store = openStore();
  await store.write([pulseOf({ service_name: "cart" }), pulseOf({ service_name: "checkout" })]);
  ({ host } = await openQuery({ store, doors, live: { pollMs: 10, heartbeatMs: 20 } }));
});
afterAll(async () => {
  await host.close();
  doors.close();
  rmSync(folder, { recursive: true, force: true });
});

const post = (path: string, body?: string, headers: Record<string, string> = {}) =>
  fetch(`${host.url}${path}`, {
    method: "POST",
    headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
    ...(body !== undefined && { body }),
  });
const signIn = (token: unknown, headers = {}) => post("/sign-in", JSON.stringify({ token }), headers);
const cookieOf = (response: Response) => response.headers.get("set-cookie")?.split(";")[0] ?? "";
const get = (path: string, headers: Record<string, string>) => fetch(`${host.url}${path}`, { headers });
const sessionWith = async (headers: Record<string, string>) => (await get("/session", headers)).json();

describe("a browser", () => {
  it("signs in with a known token, which it keeps where no script and no other site reaches it", async () => {
    const response = await signIn("reader");
    expect([response.status, response.headers.get("cache-control")]).toEqual([204, "no-store"]);
    expect(response.headers.get("set-cookie")).toBe(
      "pulsemesh_token=reader; Max-Age=2592000; HttpOnly; SameSite=Strict",
    );
    const cookie = cookieOf(response);
    expect((await get("/services", {})).status).toBe(401);
    expect((await get("/services", { cookie: `theme=dark; ${cookie}` })).status).toBe(200);
    expect(await sessionWith({ cookie })).toEqual({
      may_read: true,
      may_change: false,
      can_sign_in: true,
      is_signed_in: true,
    });
  });

  it.each([{ origin: "https://pulse.example", "sec-fetch-site": "same-origin" }, { "x-forwarded-proto": "https" }])(
    "sends its token only over HTTPS where the page came so (%j)",
    async (headers) => {
      expect((await signIn("reader", headers)).headers.get("set-cookie")).toMatch(/; Secure$/);
    },
  );

  it("is told what is wrong", async () => {
    expect((await signIn("unknown")).status).toBe(401);
    for (const token of ["", 1, null]) expect((await signIn(token)).status).toBe(400);
    expect((await post("/sign-in", "{")).status).toBe(400);
    expect((await post("/sign-in", "{}", { "content-type": "text/plain" })).status).toBe(415);
    expect((await signIn("reader", { "sec-fetch-site": "cross-site" })).status).toBe(403);
    for (const cookie of ["pulsemesh_token=", "pulsemesh_token=%", "pulsemesh_token=unknown", "other=reader"]) {
      expect((await get("/services", { cookie })).status).toBe(401);
    }
  });

  it("changes something only as an admin, and reads as one", async () => {
    const replay = `/dead-letters/${"0".repeat(24)}/replay`;
    const [reader, admin] = [cookieOf(await signIn("reader")), cookieOf(await signIn("admin"))];
    const refusal = await post(replay, undefined, { cookie: reader });
    expect([refusal.status, await refusal.text()]).toEqual([403, expect.stringContaining("may only read")]);
    // This function has no pulse-deadletter behind it.
    expect((await post(replay, undefined, { cookie: admin })).status).toBe(404);
    expect((await get("/services", { cookie: admin })).status).toBe(200);
    expect(await sessionWith({ cookie: admin })).toMatchObject({ may_read: true, may_change: true });
  });

  it("signs out", async () => {
    const response = await post("/sign-out");
    expect(response.headers.get("set-cookie")).toMatch(/^pulsemesh_token=; Max-Age=0; /);
    expect(await sessionWith({})).toEqual({
      may_read: false,
      may_change: false,
      can_sign_in: true,
      is_signed_in: false,
    });
  });

  it("sees of the services what its token is for, and no more of a stream once the token is revoked", async () => {
    const cookie = cookieOf(await signIn("narrow"));
    const list = (await (await get("/services", { cookie })).json()) as { services: { service_name: string }[] };
    expect(list.services.map(({ service_name: name }) => name)).toEqual(["cart"]);
    const streams = await Promise.all(["/live", "/services/cart/live"].map((path) => get(path, { cookie })));
    const texts = streams.map((stream) => stream.text());
    writeFileSync(readers, "reader *\n");
    // Each text is whole only when its stream has ended.
    const [all, one] = await Promise.all(texts);
    expect(all).toContain('"service_name":"cart"');
    expect(all).not.toContain("checkout");
    expect(one).toContain("event: ready");
    await vi.waitFor(async () => expect((await get("/services", { cookie })).status).toBe(401));
  });
});
