import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { openTemporaryFolder } from "../testing/temporary-folder.ts";
import { readState, type SendState, StateWriter, stateFileOf } from "./state.ts";

function stateAt(line: number): SendState {
  const position = { line, bytes: line * 10, crc: line };
  return {
    version: 3,
    file: "/a.csv",
    url: "http://localhost:8080/pulse",
    position,
    accepted: line,
    refused: 0,
    shiftMs: -5,
    size: 1000,
    isFinished: false,
  };
}

describe("the state of a file that is being sent", () => {
  it("is found again by the same way of sending, and by no other", () => {
    const file = stateFileOf("/data", ["/a.csv", "checkout", undefined]);
    expect(file).toMatch(/^\/data\/send\/[0-9a-f]{16}\.json$/);
    expect(stateFileOf("/data", ["/a.csv", "checkout", undefined])).toBe(file);
    expect(stateFileOf("/data", ["/a.csv", "search", undefined])).not.toBe(file);
  });

  it("is absent before the first time", () => {
    expect(readState(stateFileOf(openTemporaryFolder(), []))).toBeUndefined();
  });

  it("is read back as it was written", async () => {
    const file = stateFileOf(openTemporaryFolder(), []);
    // As an earlier version made it.
    mkdirSync(dirname(file), { mode: 0o755 });
    await new StateWriter(file).save(stateAt(7));
    expect(readState(file)).toEqual(stateAt(7));
    expect([dirname(file), file].map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o600]);
  });

  it("is the last one however many are written at a time, and leaves nothing else behind", async () => {
    const file = stateFileOf(openTemporaryFolder(), []);
    const writer = new StateWriter(file);
    await Promise.all(Array.from({ length: 50 }, (_, line) => writer.save(stateAt(line))));
    expect(readState(file)).toEqual(stateAt(49));
    expect(readdirSync(dirname(file))).toHaveLength(1);
    await writer.save(stateAt(50));
    expect(readState(file)).toEqual(stateAt(50));
  });

  it.each([
    "",
    "{",
    "[]",
    '{"version":1}',
    JSON.stringify({ ...stateAt(1), position: { line: -1, bytes: 0, crc: 0 } }),
  ])("is not guessed at when the file holds %j", (text) => {
    const file = stateFileOf(openTemporaryFolder(), []);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    expect(() => readState(file)).toThrow(/use --restart to begin again/);
    expect(readFileSync(file, "utf8")).toBe(text);
  });

  it("says why it cannot be written, and can be tried again", async () => {
    const file = stateFileOf(openTemporaryFolder(), []);
    const writer = new StateWriter(file);
    mkdirSync(file);
    await expect(writer.save(stateAt(1))).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
    await expect(writer.save(stateAt(2))).rejects.toThrow();
    expect(() => readState(file)).toThrow(/EISDIR/);
  });
});
