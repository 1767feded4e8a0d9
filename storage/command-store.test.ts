import { expect, it } from "vitest";
import { SettingsError } from "../settings/read.ts";
import { tellFailure, UsageError } from "./command-store.ts";

it.each([
  [new Error("no"), 1],
  [new UsageError("no"), 2],
  [new SettingsError("no"), 2],
])("a command tells of %s, and ends with %i", (error, code) => {
  const lines: string[] = [];
  const io = { signal: new AbortController().signal, complain: (line: string) => lines.push(line) };
  expect([tellFailure(error, io), lines]).toEqual([code, ["no"]]);
});

it("what a server says in an error is shown as text: a terminal would obey it", () => {
  const lines: string[] = [];
  const io = { signal: new AbortController().signal, complain: (line: string) => lines.push(line) };
  tellFailure(new Error("the node says \u001b[2J\u202e\nand more"), io);
  expect(lines).toEqual(["the node says \\u001b[2J\\u202e\nand more"]);
});
