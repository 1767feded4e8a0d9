import { expect, it } from "vitest";
import { SharedAnswers } from "./shared-answers.ts";

it("gives the same answer to all who ask the same within a second", async () => {
  let now = 0;
  let made = 0;
  const shared = new SharedAnswers<number>(8, () => now);
  const ask = (key: string) => shared.get(key, async () => ++made);
  expect(await Promise.all([ask("a"), ask("a"), ask("b")])).toEqual([1, 1, 2]);
  now = 999;
  expect(await ask("a")).toBe(1);
  now = 1000;
  expect(await ask("a")).toBe(3);
});

it("makes the answer again after a failure", async () => {
  const shared = new SharedAnswers<string>(8, () => 0);
  await expect(shared.get("a", () => Promise.reject(new Error("away")))).rejects.toThrow("away");
  expect(await shared.get("a", async () => "back")).toBe("back");
});

it("keeps a bounded number of answers", async () => {
  let made = 0;
  const shared = new SharedAnswers<number>(8, () => 0);
  const ask = (key: number) => shared.get(String(key), async () => ++made);
  for (let key = 0; key <= 200; key++) await ask(key);
  expect(await ask(200)).toBe(201);
  expect(await ask(0)).toBe(202);
});

it("makes a bounded number of answers at one time", async () => {
  const shared = new SharedAnswers<string>(2, () => 0);
  const { promise, resolve } = Promise.withResolvers<string>();
  const made = [shared.get("a", () => promise), shared.get("b", () => promise)];
  expect(shared.get("c", () => promise)).toBeUndefined();
  expect(shared.get("a", () => promise)).toBe(made[0]);
  resolve("done");
  await Promise.all(made);
  expect(await shared.get("c", async () => "next")).toBe("next");
});
