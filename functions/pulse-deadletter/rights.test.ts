// Who may replay and correct which dead letters.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { doorSettings } from "../../settings/door-settings.ts";
import { readSettings } from "../../settings/read.ts";
import { broker, deadLetterId, list, logLines, post, reopen, replay } from "../testing/dead-letter-function.ts";
import { OPEN_DOORS } from "../testing/open-doors.ts";
import { fileOf, replace } from "../testing/token-files.ts";
import { bearerOf } from "../tokens/credential.ts";
import { openDoors } from "../tokens/doors.ts";
import { openTokens } from "../tokens/token-file.ts";

const folder = mkdtempSync(join(tmpdir(), "pulse-rights-"));
const file = join(folder, "admins");
writeFileSync(file, "# who replays\nall-of-it *\nnarrow check* cart\n");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const log = pino({ level: "silent" });
const doorsOf = (env: Record<string, string>) => {
  const doors = openDoors(readSettings(doorSettings, env), log);
  onTestFinished(doors.close);
  return doors;
};
const as = (token: string) => ({ authorization: `Bearer ${token}` });
const dataOf = (service_name: string) => JSON.stringify({ service_name, latency_ms: 1, status: "ok" });
const MANY = { "ce-type": "dev.pulsemesh.pulses.v1" };
const keep = async (...services: string[]) => {
  const pulses = services.map((service) => JSON.parse(dataOf(service)));
  return await deadLetterId(await post(MANY, JSON.stringify({ pulses })));
};
const statusOf = async (id: string | undefined, headers: Record<string, string>, body?: string) =>
  (await replay(`/dead-letters/${id}/replay`, body, headers)).status;

describe("where no admin is named", () => {
  it.each([{}, { PULSE_LISTEN_ADDRESS: "::" }, { PULSE_LISTEN_ADDRESS: "10.0.0.7" }])(
    "nobody may replay at %j, and the answer says what to do",
    async (env: Record<string, string>) => {
      await reopen({ doors: doorsOf(env) });
      const id = await keep("checkout");
      for (const path of [`/dead-letters/${id}/replay`, "/dead-letters/replay"]) {
        const { status, body } = await replay(path, undefined, as("all-of-it"));
        expect([status, body.detail]).toEqual([403, expect.stringContaining("PULSE_ADMIN_TOKENS_FILE")]);
      }
      expect(broker.received).toEqual([]);
    },
  );

  it("everybody on the machine may, where only the machine reaches it", async () => {
    await reopen({ doors: doorsOf({ PULSE_LISTEN_ADDRESS: "localhost" }) });
    expect(await statusOf(await keep("checkout"), {})).toBe(202);
  });
});

describe("an admin", () => {
  beforeEach(() => reopen({ doors: doorsOf({ PULSE_ADMIN_TOKENS_FILE: file }), userHeader: "x-user" }));

  it("has a token: 401 with a challenge without one, and with an unknown one", async () => {
    const id = await keep("checkout");
    for (const headers of [{}, as("unknown"), as("narrow-"), { authorization: "Basic all-of-it" }]) {
      const { status, headers: answered } = await replay(`/dead-letters/${id}/replay`, undefined, headers);
      expect([status, answered.get("www-authenticate")]).toEqual([401, expect.stringMatching(/^Bearer realm=/)]);
    }
    expect(broker.received).toEqual([]);
    expect(await statusOf(id, as("all-of-it"))).toBe(202);
  });

  it("replays what names only services of the token", async () => {
    expect(await statusOf(await keep("checkout", "cart"), as("narrow"))).toBe(202);
    expect(await statusOf(await keep("checkout", "payment"), as("narrow"))).toBe(403);
    expect(await statusOf(await keep("cart2"), as("narrow"))).toBe(403);
    // Its subject is a service of the token, its data name another.
    const mark = "\ufeff";
    const hidden = await deadLetterId(await post({ "ce-subject": "checkout" }, `${mark}${dataOf("payment")}`));
    expect(await statusOf(hidden, as("narrow"))).toBe(403);
    expect(await statusOf(await deadLetterId(await post({}, "{}")), as("narrow"))).toBe(403);
    expect(broker.received).toHaveLength(1);
  });

  it("corrects neither into another service nor out of one", async () => {
    const own = await deadLetterId(await post({ "ce-subject": "cart" }, '{"service_name":"cart"}'));
    const other = await deadLetterId(await post({}, '{"service_name":"payment"}'));
    expect(await statusOf(own, as("narrow"), dataOf("payment"))).toBe(403);
    expect(await statusOf(other, as("narrow"), dataOf("cart"))).toBe(403);
    // Its pattern covers any number of names: a dead letter would bring new ones without end.
    expect(await statusOf(own, as("narrow"), dataOf("check-1"))).toBe(403);
    expect((await list()).filter(({ correction }) => correction !== undefined)).toEqual([]);
    expect(await statusOf(own, as("narrow"), dataOf("cart"))).toBe(202);
    const both = await keep("cart", "checkout");
    const changed = [{ service_name: "checkout", latency_ms: 2, status: "ok" }];
    expect(await statusOf(both, as("narrow"), JSON.stringify({ pulses: changed }))).toBe(202);
    // What an admin of all corrected into another service is out of reach as well.
    const moved = await deadLetterId(await post({}, '{"service_name":"cart"}'));
    broker.answer = () => 400;
    expect(await statusOf(moved, as("all-of-it"), dataOf("payment"))).toBe(422);
    expect(await statusOf(moved, as("narrow"))).toBe(403);
  });

  it("brings one new service with a correction at most, even with a token for all", async () => {
    const correct = (id: string | undefined, ...names: string[]) => {
      const pulses = names.map((name) => JSON.parse(dataOf(name)));
      return replay(`/dead-letters/${id}/replay?again=true`, JSON.stringify({ pulses }), as("all-of-it"));
    };
    const id = await keep("cart", "stock");
    const { status, body } = await correct(id, "cart", "stock", "new-1", "new-2");
    expect([status, body.title]).toEqual([400, "Invalid correction"]);
    const rule = expect.stringMatching(/^Expected at most 1 service .*: leave out .* post them to pulse-ingest/);
    expect(body.errors).toEqual([{ pointer: "/data/pulses", rule, got: "2" }]);
    expect([broker.received.length, (await list())[0]?.correction]).toEqual([0, undefined]);
    expect((await correct(id, "cart", "new-1")).status).toBe(202);
    // What the kept correction names is not new any more.
    expect((await correct(id, "new-1", "new-2")).status).toBe(202);
    expect((await correct(id, "new-1", "new-3", "new-4")).status).toBe(400);
    expect((await correct(await deadLetterId(await post(MANY, "{}")), "new-1", "new-2")).status).toBe(400);
  });

  it("replays of many what the token covers", async () => {
    const services = ["checkout", "payment", "cart", "check-in", "stock"];
    for (const service of services) await keep(service);
    expect((await replay("/dead-letters/replay?limit=2", undefined, as("narrow"))).body).toMatchObject({
      replayed: 2,
      remaining: 1,
    });
    expect((await replay("/dead-letters/replay", undefined, as("narrow"))).body).toMatchObject({ replayed: 1 });
    expect((await replay("/dead-letters/replay?service=stock", undefined, as("narrow"))).body.replayed).toBe(0);
    const left = (await list("?replayed=false")).map(({ services }) => services);
    expect(left).toEqual([["stock"], ["payment"]]);
    expect((await replay("/dead-letters/replay", undefined, as("all-of-it"))).body.replayed).toBe(2);
  });

  it.each([
    ["is revoked", "all-of-it *\n"],
    ["is for other services", "all-of-it *\nnarrow cart\n"],
  ])("replays no more once the token %s, and goes on while other lines change", async (_, changed) => {
    const own = fileOf("narrow check*\n");
    const tokens = openTokens({ file: own, variable: "PULSE_ADMIN_TOKENS_FILE" }, log, 5);
    onTestFinished(tokens.close);
    const admin = {
      admit: () => undefined,
      grantOf: (headers: IncomingHttpHeaders) => tokens.grantOf(bearerOf(headers)),
    };
    await reopen({ doors: { ...OPEN_DOORS, admin } });
    for (let i = 0; i < 30; i++) await keep("checkout");
    const [first, grant] = [tokens.grantOf("narrow"), () => tokens.grantOf("narrow")];
    let taken = 0;
    broker.answer = async () => {
      if (++taken === 1) replace(own, "narrow check*\nanother cart\n");
      if (taken === 10) replace(own, changed);
      if (taken < 10) await vi.waitFor(() => expect(grant()).not.toBe(first));
      else await vi.waitFor(() => expect(grant()?.covers("checkout")).not.toBe(true));
      return 202;
    };
    const { status, body } = await replay("/dead-letters/replay", undefined, as("narrow"));
    expect([status, body.stopped]).toEqual([202, "the token was revoked"]);
    expect(body.replayed).toBeGreaterThanOrEqual(10);
    expect(body.replayed).toBeLessThan(14);
    expect(await list("?replayed=true")).toHaveLength(body.replayed);
  });

  it("is named in the log by the token's line and the proxy's user, never by the token", async () => {
    await statusOf(await keep("cart"), { ...as("narrow"), "x-user": "ada@shop.example" });
    await replay("/dead-letters/replay", undefined, as("all-of-it"));
    const changes = logLines().filter(({ msg }) => /^dead letters? replayed$/.test(String(msg)));
    expect(changes.map(({ by }) => by)).toEqual([{ user: "ada@shop.example", tokenLine: 3 }, { tokenLine: 2 }]);
    expect(JSON.stringify(logLines())).not.toMatch(/narrow|all-of-it/);
  });

  it("asks as a program or as the page itself, in JSON", async () => {
    const id = await keep("cart");
    expect(await statusOf(id, { ...as("narrow"), origin: "http://other.example" })).toBe(403);
    expect(await statusOf(id, { ...as("narrow"), "sec-fetch-site": "cross-site" })).toBe(403);
    expect(await statusOf(id, { ...as("narrow"), "content-type": "text/plain" })).toBe(202);
    expect(broker.received).toHaveLength(1);
  });
});
