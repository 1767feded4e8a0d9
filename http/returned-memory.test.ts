import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";

// In a process by itself, because memory is a process's.
const PROGRAM = `
import { returnMemory } from "./http/returned-memory.ts";
let burst = Array.from({ length: 300_000 }, (_, i) => ({ i, text: "text " + i }));
burst = undefined;
gc(); // after it the pages are empty, and the process has them still
const before = process.memoryUsage.rss();
returnMemory(10);
const look = setInterval(() => {
  if (process.memoryUsage.rss() > before - 20e6) return;
  console.log("less");
  clearInterval(look);
}, 10);
`;

it("gives back what V8 has in reserve after a burst", () => {
  const args = ["--expose-gc", "--input-type=module", "--eval", PROGRAM];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 30_000 });
  expect([stdout, stderr]).toEqual(["less\n", ""]);
});
