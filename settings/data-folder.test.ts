import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { makeDataFolder } from "./data-folder.ts";

const folder = mkdtempSync(join(tmpdir(), "data-folder-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("makes the folder that PULSE_DATA_DIR names", () => {
  makeDataFolder(join(folder, "a/b"));
  makeDataFolder(join(folder, "a/b"));
  expect(statSync(join(folder, "a/b")).isDirectory()).toBe(true);
});

it("names PULSE_DATA_DIR where it is no folder and none can be made", () => {
  const file = join(folder, "file");
  writeFileSync(file, "");
  const messageOf = (path: string) =>
    `PULSE_DATA_DIR: Expected a folder that exists or can be made, to write files into, got ${path}`;
  expect(() => makeDataFolder(file)).toThrow(`${messageOf(file)}: it is a file`);
  expect(() => makeDataFolder(join(file, "a"))).toThrow(`${messageOf(join(file, "a"))}: a part of the path is a file`);
  expect(() => makeDataFolder(`${folder}/a\0b`)).toThrow(/^PULSE_DATA_DIR: /);
});
