import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, expect, it, onTestFinished } from "vitest";
import { doorSettings } from "../../settings/door-settings.ts";
import { readSettings } from "../../settings/read.ts";
import { admitToAll, openDoors } from "./doors.ts";

const folder = mkdtempSync(join(tmpdir(), "pulse-doors-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const PULSE_READ_TOKENS_FILE = file("readers", "reader *\nboth cart\n");
const PULSE_ADMIN_TOKENS_FILE = file("admins", "admin check*\nboth *\n");
const LAPTOP = { PULSE_LISTEN_ADDRESS: "localhost" };

const doorsOf = (env: Record<string, string>) => {
  const doors = openDoors(readSettings(doorSettings, env), pino({ level: "silent" }));
  onTestFinished(doors.close);
  return doors;
};

/** The statuses with which the doors refuse no token and some tokens; 0 where they let in. */
function tried(env: Record<string, string>): Record<string, number[]> {
  const doors = doorsOf(env);
  const headers = [
    {},
    ...["unknown", "reader", "admin", "both"].map((token) => ({ authorization: `Bearer ${token}` })),
  ];
  const tryAll = (admit: typeof doors.read.admit) => headers.map((one) => admit(one)?.status ?? 0);
  return {
    read: tryAll(doors.read.admit),
    metrics: tryAll(admitToAll(doors.read)),
    admin: tryAll(doors.admin.admit),
  };
}

const OPEN = [0, 0, 0, 0, 0];
const SHUT = [403, 403, 403, 403, 403];

it.each([
  ["on a laptop", LAPTOP, { read: OPEN, metrics: OPEN, admin: OPEN }],
  ["in a container", {}, { read: OPEN, metrics: OPEN, admin: SHUT }],
  ["on a laptop that others reach", { PULSE_LISTEN_ADDRESS: "::" }, { read: OPEN, metrics: OPEN, admin: SHUT }],
  ["with admins", { PULSE_ADMIN_TOKENS_FILE }, { read: OPEN, metrics: OPEN, admin: [401, 401, 401, 0, 0] }],
  ...[
    { PULSE_USER_HEADER: "x-forwarded-email" },
    { PULSE_ALLOWED_HOSTS: "pulse.example" },
    { PULSE_TRUSTED_PROXIES: "1" },
  ].map((proxy): [string, Record<string, string>, ReturnType<typeof tried>] => [
    `on a laptop with ${Object.keys(proxy)}, which is for a proxy,`,
    { ...LAPTOP, ...proxy },
    { read: OPEN, metrics: OPEN, admin: SHUT },
  ]),
  [
    "on a laptop with readers: who may not read may not change anything",
    { ...LAPTOP, PULSE_READ_TOKENS_FILE },
    { read: [401, 401, 0, 401, 0], metrics: [401, 401, 0, 401, 403], admin: SHUT },
  ],
  [
    "with readers and admins",
    { ...LAPTOP, PULSE_READ_TOKENS_FILE, PULSE_ADMIN_TOKENS_FILE },
    // An admin reads the services that it may change; who is in both files, those of the file of readers.
    { read: [401, 401, 0, 0, 0], metrics: [401, 401, 0, 403, 403], admin: [401, 401, 403, 0, 0] },
  ],
])("the doors %s let in whom the settings name", (_, env, expected) => {
  expect(tried(env)).toEqual(expected);
});

it.each([
  { forwarded: "for=192.0.2.1" },
  { "x-forwarded-for": "192.0.2.1" },
  { "x-forwarded-host": "pulse.example" },
  { "x-forwarded-proto": "https" },
  { "x-forwarded-email": "ada@example.com" },
  { "x-real-ip": "192.0.2.1" },
  { via: "1.1 proxy" },
])("on a laptop without tokens, who comes through a proxy changes nothing, and is told what to do: %j", (headers) => {
  const { admin, read } = doorsOf(LAPTOP);
  const refusal = admin.admit(headers);
  expect(refusal).toMatchObject({ status: 403, body: expect.stringContaining("set it to a file of tokens") });
  expect(refusal?.body).toContain("PULSE_ADMIN_TOKENS_FILE");
  expect([admin.grantOf(headers), read.admit(headers)]).toEqual([undefined, undefined]);
  const withToken = doorsOf({ ...LAPTOP, PULSE_ADMIN_TOKENS_FILE }).admin;
  expect(withToken.admit({ ...headers, authorization: "Bearer both" })).toBeUndefined();
});
