import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { JoinedBytes } from "./joined-bytes.ts";

it("has the bytes of its parts in their order, and none once they are taken", () => {
  const joined = new JoinedBytes();
  expect(joined.take()).toEqual(Buffer.alloc(0));
  const parts = ["one", " and two", "", " and three, which is longer than all before it", "."];
  for (const part of parts) joined.add(Buffer.from(part));
  expect([joined.length, joined.take().toString()]).toEqual([parts.join("").length, parts.join("")]);
  expect([joined.length, joined.take().length]).toEqual([0, 0]);
});

it("keeps one part as it is, and writes into none", () => {
  const part = Buffer.from("first");
  const joined = new JoinedBytes();
  joined.add(part);
  joined.add(Buffer.from("second"));
  joined.take();
  joined.add(part);
  expect(joined.take().buffer).toBe(part.buffer);
  expect(part.toString()).toBe("first");
});

it("takes no more memory for four million parts of one byte than twice their bytes", () => {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  const usedBytes = () => {
    collectGarbage();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const joined = new JoinedBytes();
  const before = usedBytes();
  for (let i = 0; i < 4_000_000; i++) joined.add(Buffer.from("a"));
  expect(usedBytes() - before).toBeLessThan(12_000_000);
  expect(joined.take()).toHaveLength(4_000_000);
});
