// The description of the API asks for the tokens that the table of docs/security.md has.
import { expect, it } from "vitest";
import { describeApi } from "../functions/pulse-query/openapi.ts";
import { ROWS } from "./door-table.ts";

/** By the right that a door asks for: what shows it. */
const SCHEMES: Readonly<Record<string, readonly string[]>> = {
  open: [],
  read: ["token", "signIn"],
  admin: ["adminToken", "signIn"],
};

const { paths } = describeApi() as { paths: Record<string, Record<string, { security: object[] }>> };
const DESCRIBED = ROWS.filter(({ process }) => process === "pulse-query").flatMap(({ door, right }) => {
  const [method, path] = door.split(" ") as [string, string];
  const operation = paths[path]?.[method.toLowerCase()];
  return operation === undefined ? [] : [{ door, right, security: operation.security }];
});

it.each(DESCRIBED)("$door is described with the right to $right", ({ right, security }) => {
  expect(security.flatMap(Object.keys)).toEqual(SCHEMES[right]);
});

it("the description and the table have doors of each right in common", () => {
  expect(new Set(DESCRIBED.map(({ right }) => right))).toEqual(new Set(Object.keys(SCHEMES)));
});
