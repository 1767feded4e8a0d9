import { readFileSync } from "node:fs";
import { matchesGlob } from "node:path";
import { expect, it } from "vitest";
import { FUNCTIONS } from "../settings/function-settings.ts";
import { filesLoadedBy, projectSources } from "./source-imports.ts";

const ENTRIES = [
  "infra/bundle.ts",
  "infra/compile-cache.ts",
  "functions/handler.ts",
  "functions/runtime/run.ts",
  "storage/cassandra/schema-cli.ts",
  "functions/pulse-query/page/browser/main.tsx",
  ...FUNCTIONS.map((name) => `functions/${name}/compose.ts`),
];
const LINES = readFileSync(".dockerignore", "utf8").split("\n");

/** Whether `docker build` gets a file: as in .dockerignore, the last line that matches it decides. */
function isSent(file: string): boolean {
  const lines = LINES.map((line) => [line.replace(/^!/, ""), line.startsWith("!")] as const);
  const last = lines.findLast(([glob]) => glob === "*" || matchesGlob(file, glob) || matchesGlob(file, `${glob}/**`));
  return last?.[1] ?? true;
}

it("the image's build gets every source that the bundles are made of, and no test", () => {
  const sources = projectSources();
  const needed = ENTRIES.flatMap((entry) => filesLoadedBy(entry, sources));
  expect(needed.length).toBeGreaterThan(100);
  expect([...new Set(needed)].filter((file) => !isSent(file))).toEqual([]);
  expect(["local/main.ts", "functions/broker-client.test.ts", ".git/config"].filter(isSent)).toEqual([]);
});
