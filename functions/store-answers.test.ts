import { expect, it } from "vitest";
import type { HttpRequest } from "../http/route.ts";
import { StoreError } from "../storage/store-error.ts";
import { whileStoreAnswers } from "./store-answers.ts";

function ask(thrown: Error) {
  const lines: string[] = [];
  const log = { error: (_: object, line: string) => lines.push(line) };
  const reply = whileStoreAnswers(() => {
    throw thrown;
  })({ log } as unknown as HttpRequest);
  return { reply, lines };
}

it("a store that is away is answered with 503, and logged", async () => {
  const { reply, lines } = ask(new StoreError("Expected Cassandra to be ready"));
  expect(await reply).toMatchObject({ status: 503, headers: { "retry-after": "1" } });
  expect(lines).toEqual(["the store did not answer"]);
});

it.each([new TypeError("x is undefined"), new RangeError("Maximum call stack size exceeded"), new Error("a rule")])(
  "a defect is not called an absent store: %s",
  async (defect) => {
    const { reply, lines } = ask(defect);
    await expect(reply).rejects.toBe(defect);
    expect(lines).toEqual([]);
  },
);
