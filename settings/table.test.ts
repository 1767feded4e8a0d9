import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { integer } from "./setting.ts";
import { ALL_SETTINGS, settingsTable, withSettingsTable } from "./table.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

describe("the README's table of settings", () => {
  it("is what the definitions say (else: npm run settings-table)", () => {
    expect(readme).toBe(withSettingsTable(readme));
  });

  it("has one line for each variable", () => {
    const variables = new Set(ALL_SETTINGS.flatMap((settings) => Object.values(settings)).map((one) => one.variable));
    const lines = settingsTable().trimEnd().split("\n").slice(2);
    expect(lines.map((line) => /^\| `(\w+)` \|/.exec(line)?.[1])).toEqual([...variables]);
  });

  it("speaks for every definition of a variable: they have the same default", () => {
    const defaults = new Map<string, string | undefined>();
    for (const { variable, defaultText } of ALL_SETTINGS.flatMap((settings) => Object.values(settings))) {
      if (defaults.has(variable)) expect([variable, defaultText]).toEqual([variable, defaults.get(variable)]);
      defaults.set(variable, defaultText);
    }
  });

  it("keeps a bar in a text from becoming a cell", () => {
    const setting = integer("A", { fallback: 1, min: 0, max: 2, doc: "This | that." });
    expect(settingsTable([{ setting }])).toContain("| `A` | `1` | an integer from 0 to 2 | This \\| that. |");
  });

  it("needs its marks", () => {
    expect(() => withSettingsTable("# Nothing")).toThrow(/<!-- settings -->/);
  });
});
