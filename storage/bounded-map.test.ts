import { expect, it } from "vitest";
import { BoundedMap } from "./bounded-map.ts";

it("forgets the key that was set longest ago, past its size", () => {
  const map = new BoundedMap<number>(2);
  map.set("a", 1);
  map.set("b", 2);
  map.set("a", 3);
  map.set("c", 4);
  expect(["a", "b", "c"].map((key) => map.get(key))).toEqual([3, undefined, 4]);
  map.clear();
  expect(map.get("a")).toBeUndefined();
});
