// `npm run settings-table` writes the tables of docs/settings.md; a test fails when they are stale.
import { readFileSync, writeFileSync } from "node:fs";
import { ALL_SETTINGS } from "./all.ts";

const DOCUMENT = new URL("../docs/settings.md", import.meta.url);
const SECTION = /(<!-- settings -->\n).*?(<!-- \/settings -->)/s;

/** The settings as Markdown: a table for each reader, a line for each variable, under the first reader that has it. */
export function settingsTables(groups: typeof ALL_SETTINGS = ALL_SETTINGS): string {
  const seen = new Set<string>();
  const lines: string[] = [];
  for (const { reader, settings } of groups) {
    lines.push(`## ${reader}`, "", "| variable | default | expected | what it is for |", "|---|---|---|---|");
    for (const { variable, fallback, expectation, doc } of Object.values(settings)) {
      if (seen.has(variable)) continue;
      seen.add(variable);
      const cells = [`\`${variable}\``, fallback === undefined ? "–" : `\`${fallback}\``, expectation, doc];
      lines.push(`| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`);
    }
    lines.push("");
  }
  return lines.join("\n");
}

/** The document with its tables as they should be. @throws when the two marks are not there */
export function withSettingsTables(document: string): string {
  if (!SECTION.test(document)) {
    throw new Error("Expected the lines <!-- settings --> and <!-- /settings --> in docs/settings.md, got none");
  }
  return document.replace(SECTION, (_, open, close) => `${open}${settingsTables()}${close}`);
}

if (import.meta.main) writeFileSync(DOCUMENT, withSettingsTables(readFileSync(DOCUMENT, "utf8")));
