import { expect, it } from "vitest";
import { StoreError } from "../storage/store-error.ts";
import { whileStoreAnswers } from "./store-answers.ts";
import { type FunctionHost, openFunctionHost } from "./testing/function-host.ts";

async function openFailing(thrown: Error): Promise<FunctionHost> {
  const handle = whileStoreAnswers(() => {
    throw thrown;
  });
  const nothing = async () => undefined;
  const routes = [{ method: "GET" as const, path: "/services", handle }];
  return await openFunctionHost(() => ({ name: "pulse-query", routes, check: nothing, close: nothing }));
}

it("a store that is away is answered with 503, and has one line in the log: the refusal's, with the error", async () => {
  const host = await openFailing(new StoreError("Expected Cassandra to be ready"));
  const answer = await fetch(`${host.url}/services?from=a-secret`);
  const detail = "The store did not answer: Expected Cassandra to be ready";
  expect([answer.status, answer.headers.get("retry-after"), await answer.json()]).toEqual([
    503,
    "1",
    { type: "about:blank", title: "Service unavailable", status: 503, detail },
  ]);
  const err = expect.objectContaining({ stack: expect.stringContaining("store-answers.test.ts") });
  expect(host.lines).toEqual([expect.objectContaining({ msg: "request refused", status: 503, detail, err })]);
  expect(JSON.stringify(host.lines)).not.toContain("a-secret");
  await host.close();
});

it.each([new TypeError("x is undefined"), new RangeError("Maximum call stack size exceeded"), new Error("a rule")])(
  "a defect is not called an absent store: %s",
  async (defect) => {
    const host = await openFailing(defect);
    expect((await fetch(`${host.url}/services`)).status).toBe(500);
    expect(host.lines).toContainEqual(expect.objectContaining({ msg: "a request failed: this is a defect" }));
    expect(JSON.stringify(host.lines)).not.toContain("the store did not answer");
    await host.close();
  },
);
