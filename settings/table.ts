// `npm run settings-table` writes the README's table of settings; a test fails when it is stale.
import { readFileSync, writeFileSync } from "node:fs";
import { cassandraSettings, localCassandraSettings } from "./cassandra-settings.ts";
import { clusterSettings } from "./cluster-settings.ts";
import { functionSettings } from "./function-settings.ts";
import { localSettings } from "./local-settings.ts";
import type { Setting } from "./setting.ts";

/** Every definition, in the order in which a reader meets them; of a variable in several the first one speaks. */
export const ALL_SETTINGS: readonly Record<string, Setting<unknown>>[] = [
  functionSettings,
  localSettings,
  cassandraSettings,
  localCassandraSettings,
  clusterSettings,
];

const README = new URL("../README.md", import.meta.url);
const SECTION = /(<!-- settings -->\n).*?(<!-- \/settings -->)/s;

/** The settings as a Markdown table, a line for each variable. */
export function settingsTable(definitions: readonly Record<string, Setting<unknown>>[] = ALL_SETTINGS): string {
  const rows = new Map<string, string>();
  for (const setting of definitions.flatMap((definition) => Object.values(definition))) {
    if (rows.has(setting.variable)) continue;
    const standard = setting.defaultText === undefined ? "–" : `\`${setting.defaultText}\``;
    const cells = [`\`${setting.variable}\``, standard, setting.expectation, setting.doc];
    rows.set(setting.variable, `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`);
  }
  return ["| variable | default | expected | what it is for |", "|---|---|---|---|", ...rows.values(), ""].join("\n");
}

/** A README with the table as it should be between its two marks. @throws when the marks are not there. */
export function withSettingsTable(readme: string): string {
  if (!SECTION.test(readme)) {
    throw new Error(
      "Expected <!-- settings --> and <!-- /settings --> in README.md, each on a line of its own, got none",
    );
  }
  return readme.replace(SECTION, (_, open, close) => `${open}${settingsTable()}${close}`);
}

if (import.meta.main) writeFileSync(README, withSettingsTable(readFileSync(README, "utf8")));
