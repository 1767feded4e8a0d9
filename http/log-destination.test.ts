import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { expect, it, onTestFinished } from "vitest";
import { logDestination } from "./log-destination.ts";

it("log lines hold nothing that a terminal obeys, and say the same", () => {
  const folder = mkdtempSync(join(tmpdir(), "pulse-log-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const fd = openSync(join(folder, "log"), "w");
  const entry = { reason: "\u001b[2J\u009b2J\u202eevil\u2028\n{}", "\u202ename": "größe 漢 😀", lone: "\ud800" };
  const log = pino({ base: null }, logDestination(fd));
  log.warn(entry, "\u009bone");
  log.warn("two");
  closeSync(fd);
  const lines = readFileSync(join(folder, "log"), "utf8").split("\n");
  expect(lines.map((line) => /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(line))).toEqual([false, false, false]);
  expect(lines.slice(0, 2).map((line) => JSON.parse(line))).toMatchObject([
    { ...entry, msg: "\u009bone" },
    { msg: "two" },
  ]);
  expect(lines[0]).toContain("größe 漢 😀");
});
