import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

it("a wrong setting ends the process with 1 and its message, of which a terminal obeys nothing but the lines", () => {
  // U+202E would let a terminal show what follows backwards.
  const wrong = { PULSE_FUNCTION: "pulse-ingest", PULSE_LOG_LEVEL: "loud\u202e", PULSE_RETENTION_DAYS: "long" };
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN], {
    env: { ...process.env, ...wrong },
    encoding: "utf8",
  });
  expect([status, stdout]).toEqual([1, ""]);
  const lines = stderr.trimEnd().split("\n").toSorted();
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(/^PULSE_LOG_LEVEL: Expected one of .*, got "loud\\u202e"$/);
  expect(lines[1]).toMatch(/^PULSE_RETENTION_DAYS: Expected /);
});
