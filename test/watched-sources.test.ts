// `make dev` restarts a process when a source changes that the process loads, and for no other change.
import { relative } from "node:path";
import { expect, it } from "vitest";
import { planProcesses } from "../local/plan.ts";
import { localSettings } from "../settings/local-settings.ts";
import { readSettings } from "../settings/read.ts";
import { filesLoadedBy, projectSources } from "./source-imports.ts";

const sources = projectSources();

it.each(planProcesses(readSettings(localSettings, {})))("$name watches the rooms that its entry loads", (planned) => {
  const loaded = filesLoadedBy(relative(process.cwd(), planned.args.at(-1) ?? ""), sources);
  expect(loaded.length).toBeGreaterThan(20);
  const watched = planned.sources.map((path) => `${relative(process.cwd(), path)}/`);
  expect(loaded.filter((file) => !watched.some((folder) => file.startsWith(folder)))).toEqual([]);
  expect(watched.filter((folder) => !loaded.some((file) => file.startsWith(folder)))).toEqual([]);
});
