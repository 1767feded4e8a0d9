import { expect, it } from "vitest";
import { bearerOf } from "./credential.ts";

it.each([
  ["Bearer known", "known"],
  ["bearer  known", "known"],
  [undefined, undefined],
  ["", undefined],
  ["Bearer", undefined],
  ["Bearer ", undefined],
  ["Basic known", undefined],
  ["known", undefined],
  ["Bearer known x", undefined],
])("the token in %j is %j", (authorization, token) => {
  expect(bearerOf({ authorization })).toBe(token);
});
