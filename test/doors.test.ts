// The table of docs/security.md, tried on the real processes: every door with no, a wrong, a narrow and a full token.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { PULSE_TYPE } from "../events/cloud-event.ts";
import { BROKER } from "../events/triggers.ts";
import { entry, toJson } from "../functions/pulse-ingest/otlp/testing/otlp-requests.ts";
import { ROWS, type Row } from "./door-table.ts";
import { type Platform, type Role, startPlatform } from "./platform.ts";

const SERVICE = "checkout";
/** What the narrow token is for: the doors are tried for another service. */
const OWN = "cart";
/** What is there to be removed. */
const OLD = "legacy";
const FULL = "a-token-for-every-service";
const NARROW = "a-token-for-one-service";
/** Tokens for every service with one right alone. */
const SENDER = "a-token-that-may-send";
const READER = "a-token-that-may-read";

const TOKENS = [
  ["no token", undefined],
  ["a wrong token", "a-token-that-nobody-has"],
  ["a narrow token", NARROW],
  ["a full token", FULL],
] as const;

/** One for each try that replays one, at two processes, and one to look at. */
const DEAD_LETTERS = 2 * TOKENS.length + 1;

const folder = mkdtempSync(join(tmpdir(), "pulse-doors-"));
let platform: Platform;
let deadLetterIds: string[] = [];

beforeAll(async () => {
  const fileFor = (right: string, more = "") => {
    const file = join(folder, right);
    writeFileSync(file, `${FULL} *\n${NARROW} ${OWN}\n${more}`);
    return file;
  };
  platform = await startPlatform({
    PULSE_INGEST_TOKENS_FILE: fileFor("send", `${SENDER} *\n`),
    PULSE_READ_TOKENS_FILE: fileFor("read", `${READER} *\n`),
    PULSE_ADMIN_TOKENS_FILE: fileFor("admin"),
    PULSE_PUBLIC_BADGES: "public-*",
  });
  for (const service of [SERVICE, OWN, OLD]) {
    const pulse = { service_name: service, latency_ms: 1, status: "ok" };
    expect((await post(`${platform.ingest}/pulse`, pulse, FULL)).status).toBe(202);
  }
  // All of a service of which the narrow token knows nothing.
  for (let i = 0; i < DEAD_LETTERS; i++) await failAtPersist(SERVICE);
  await vi.waitFor(async () => {
    const { dead_letters: found } = await json(`${platform.deadletter}/dead-letters`, FULL);
    deadLetterIds = found.map(({ id }: { id: string }) => id);
    expect(found).toHaveLength(DEAD_LETTERS);
    expect((await json(`${platform.query}/services`, FULL)).services).toHaveLength(3);
  });
});
afterAll(async () => {
  await platform?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

function urlOf(process: Role): string {
  const { ingest, query, persist, deadletter, health, broker } = platform;
  const urls = {
    "pulse-ingest": ingest,
    "pulse-query": query,
    "pulse-persist": persist,
    "pulse-deadletter": deadletter,
    "pulse-health": health,
  };
  return process === "broker" ? broker.replace(`/${BROKER.namespace}/${BROKER.name}`, "") : urls[process];
}

/** Asks as a program does; a stream's answer ends with its first part. */
async function ask(url: string, init: RequestInit): Promise<{ status: number; body: string }> {
  const leaving = new AbortController();
  const response = await fetch(url, { ...init, signal: leaving.signal });
  if (response.headers.get("content-type") !== "text/event-stream") {
    return { status: response.status, body: await response.text() };
  }
  let body = "";
  const decoder = new TextDecoder();
  for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
    body += decoder.decode(part, { stream: true });
    if (body.includes("event: ready")) break;
  }
  leaving.abort();
  return { status: response.status, body };
}

const bearer = (token: string | undefined): Record<string, string> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` };

function post(url: string, body: unknown, token?: string, headers: Record<string, string> = {}): Promise<Response> {
  const all = { "content-type": "application/json", ...headers, ...bearer(token) };
  return fetch(url, { method: "POST", headers: all, body: JSON.stringify(body) });
}

// biome-ignore lint/suspicious/noExplicitAny: answers whose shape other tests check
async function json(url: string, token: string): Promise<any> {
  return (await fetch(url, { headers: bearer(token) })).json();
}

let lastId = 0;
const eventHeaders = () => ({
  "ce-specversion": "1.0",
  "ce-id": `door-${++lastId}`,
  "ce-source": "/doors",
  "ce-type": PULSE_TYPE,
});

/** Makes a dead letter of an event that is in order, so that its replay is stored. */
async function failAtPersist(service: string): Promise<void> {
  const pulse = { service_name: service, latency_ms: 1, status: "ok" };
  const failure = { "ce-knativeerrorcode": "503", "ce-knativeerrordest": "http://persist/" };
  const answer = await post(`${platform.deadletter}/`, pulse, undefined, { ...eventHeaders(), ...failure });
  expect(answer.status).toBe(204);
}

/** A valid request to a door, without a token. */
function requestOf({ process, door }: Row, token: string | undefined): { path: string; init: RequestInit } {
  const [method, pattern] = door.split(" ") as [string, string];
  const path = pattern
    .replace("{service}", method === "DELETE" ? OLD : SERVICE)
    .replace("{outcome}", "0")
    .replace("{token}", token ?? "none")
    .replace(/\/external$/, "/external?success=true")
    .replace("{id}", () => (method === "POST" ? deadLetterIds.pop() : deadLetterIds[0]) as string);
  if (method !== "POST" && method !== "PUT") return { path, init: { method } };
  const isEvent = (path === "/" && process !== "pulse-ingest") || process === "broker";
  const body = bodyOf(path, isEvent);
  if (body === undefined) return { path, init: { method } };
  const headers = { "content-type": "application/json", ...(isEvent && eventHeaders()) };
  return { path, init: { method, headers, body: JSON.stringify(body) } };
}

/** What a door takes as its body, if it takes one. */
function bodyOf(path: string, isEvent: boolean): unknown {
  const spanId = (++lastId).toString(16).padStart(16, "0");
  if (path === "/v1/traces") {
    return JSON.parse(toJson([{ attributes: { "service.name": SERVICE }, spans: [entry({ spanId })] }]));
  }
  if (path === "/api/v2/spans") {
    const span = { traceId: "5af7183fb1d4cf5f", id: spanId, timestamp: Date.now() * 1000, duration: 1 };
    return [{ ...span, localEndpoint: { serviceName: SERVICE } }];
  }
  if (path.endsWith("/maintenance")) {
    return { from: "2026-12-24T22:00:00Z", to: "2026-12-25T04:00:00Z", reason: "the disk is replaced" };
  }
  if (path.endsWith("/markers")) return { text: "version 2" };
  if (path === "/sign-in") return { token: FULL };
  const isPulse = path === "/pulse" || path === "/" || (isEvent && path !== "/copy");
  return isPulse ? { service_name: SERVICE, latency_ms: 1, status: "ok" } : undefined;
}

describe("the doors in docs/security.md", () => {
  it("are all that the processes have", async () => {
    const processes = [...new Set(ROWS.map(({ process }) => process))];
    expect(processes.sort()).toEqual([
      "broker",
      "pulse-deadletter",
      "pulse-health",
      "pulse-ingest",
      "pulse-persist",
      "pulse-query",
    ]);
    for (const process of processes) {
      // A process names its doors to a request for none of them.
      const { detail } = JSON.parse((await ask(`${urlOf(process)}/nowhere/at/all/here`, {})).body);
      const doors = /^Expected one of (.*)\.$/.exec(detail)?.[1]?.split(", ") ?? [];
      const listed = ROWS.filter((row) => row.process === process).map(({ door }) => door);
      expect(new Set(listed)).toEqual(new Set(doors.map((door) => door.replace(/pulsemesh\/$/, "pulsemesh"))));
    }
  });

  it.each(
    ROWS.flatMap((row) =>
      TOKENS.map(([name, token], i) => [row.process, row.door, name, row.answers[i], token, row] as const),
    ),
  )("%s, %s with %s: %s", async (process, _door, _name, expected, token, row) => {
    const { path, init } = requestOf(row, token);
    const headers = { ...(init.headers as Record<string, string>), ...bearer(token) };
    const { status, body } = await ask(`${urlOf(process)}${path}`, { ...init, headers });
    const [, wanted, nothing] = /^(\d{3})(, nothing of others)?$/.exec(expected ?? "") ?? [];
    expect([status, body]).toEqual([Number(wanted), expect.anything()]);
    if (nothing !== undefined) expect(body).not.toContain(SERVICE);
  });

  it.each([
    ["send", READER, 401],
    ["read", SENDER, 401],
    ["admin", SENDER, 401],
    ["admin", READER, 403],
  ] as const)("of the right to %s stay shut for %s: %i", async (right, token, expected) => {
    const rows = ROWS.filter((row) => row.right === right);
    expect(rows.length).toBeGreaterThan(5);
    for (const row of rows) {
      const [method, pattern] = row.door.split(" ") as [string, string];
      const path = pattern.replace("{token}", token).replace("{service}", SERVICE).replace("{id}", "0".repeat(24));
      const headers = { ...bearer(token), "content-type": "application/json" };
      const url = `${urlOf(row.process)}${path.replace("{outcome}", "0")}`;
      expect((await ask(url, { method, headers })).status, row.door).toBe(expected);
    }
  });

  it("let a narrow token in for its own service, and everybody to a public badge", async () => {
    const { query, ingest } = platform;
    for (const path of ["", "/pulses", "/summary", "/badge.svg", "/badge.json", "/live"]) {
      expect((await ask(`${query}/services/${OWN}${path}`, { headers: bearer(NARROW) })).status, path).toBe(200);
    }
    const all = await Promise.all(
      ["/services", "/live"].map((path) => ask(`${query}${path}`, { headers: bearer(NARROW) })),
    );
    for (const { body } of all) expect(body).toContain(OWN);
    expect((await post(`${ingest}/pulse`, { service_name: OWN, latency_ms: 1, status: "ok" }, NARROW)).status).toBe(
      202,
    );
    for (const badge of ["badge.svg", "badge.json"]) {
      expect((await ask(`${query}/services/public-one/${badge}`, {})).status, badge).toBe(200);
      expect((await ask(`${query}/services/not-public/${badge}`, {})).status, badge).toBe(401);
    }
  });

  it("take a Host that is no name of this machine for another one's, and answer probes to any", async () => {
    const { request } = await import("node:http");
    const statusFor = (url: string, host: string) =>
      new Promise((resolve, reject) => {
        const call = request(url, { headers: { host } }, (response) => resolve(response.resume().statusCode));
        call.on("error", reject).end();
      });
    for (const process of [
      "pulse-ingest",
      "pulse-query",
      "pulse-persist",
      "pulse-deadletter",
      "pulse-health",
      "broker",
    ] as const) {
      expect(await statusFor(`${urlOf(process)}/metrics`, "rebound.example:80")).toBe(421);
      expect(await statusFor(`${urlOf(process)}/health/live`, "rebound.example:80")).toBe(200);
    }
  });
});
