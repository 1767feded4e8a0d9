import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";

// In a process by itself, because memory is a process's.
const PROGRAM = `
import { setTimeout as delay } from "node:timers/promises";
import { returnMemory } from "./http/returned-memory.ts";
function burst() {
  Array.from({ length: 300_000 }, (_, i) => ({ i, text: "text " + i }));
  gc(); // after it the pages are empty, and the process has them still
  return process.memoryUsage.rss();
}
let full = burst();
returnMemory(10, 10);
for (const look of ["the first", "a later"]) {
  while (process.memoryUsage.rss() > full - 20e6) await delay(10);
  console.log(look);
  full = burst();
}
`;

it("gives back what V8 has in reserve after a burst, at the first look and at later ones", () => {
  // An idle process would give it back by itself, after 8 s.
  const args = ["--expose-gc", "--no-memory-reducer", "--input-type=module", "--eval", PROGRAM];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 30_000 });
  expect([stdout, stderr]).toEqual(["the first\na later\n", ""]);
});
