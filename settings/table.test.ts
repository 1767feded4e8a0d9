import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ALL_SETTINGS } from "./all.ts";
import { integer } from "./field.ts";
import { setting } from "./setting.ts";
import { settingsTables, withSettingsTables } from "./table.ts";

const document = readFileSync(new URL("../docs/settings.md", import.meta.url), "utf8");
const all = ALL_SETTINGS.flatMap(({ settings }) => Object.values(settings));

describe("the tables of docs/settings.md", () => {
  it("are what the definitions say (if not: npm run settings-table)", () => {
    expect(document).toBe(withSettingsTables(document));
  });

  it("have one line for each variable", () => {
    const lines = settingsTables()
      .split("\n")
      .filter((line) => line.startsWith("| `"));
    const variables = new Set(all.map(({ variable }) => variable));
    expect(lines.map((line) => /^\| `(\w+)` \|/.exec(line)?.[1])).toEqual([...variables]);
  });

  it("are right for every definition of a variable: all have the same default", () => {
    const defaults = new Map<string, unknown>();
    for (const { variable, fallback } of all) {
      if (defaults.has(variable)) expect([variable, fallback]).toEqual([variable, defaults.get(variable)]);
      defaults.set(variable, fallback);
    }
  });

  it("escape a bar in a text, which would start a cell", () => {
    const settings = { a: setting("A", integer({ min: 0, max: 2, fallback: 1 }), "This | that.") };
    expect(settingsTables([{ reader: "Nobody", settings }])).toContain(
      "## Nobody\n\n| variable | default | expected | what it is for |\n|---|---|---|---|\n| `A` | `1` | an integer from 0 to 2 | This \\| that. |",
    );
  });

  it("are refused a document without their marks", () => {
    expect(() => withSettingsTables("# Nothing")).toThrow(/<!-- settings -->/);
  });
});
