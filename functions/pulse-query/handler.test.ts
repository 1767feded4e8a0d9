import { describe, expect, it } from "vitest";
import { openQuery, openStore } from "../testing/query-function.ts";

describe("pulse-query", () => {
  it("answers 503, and is not ready, while the store does not answer", async () => {
    const store = openStore();
    const { fn, host } = await openQuery({ store });
    await expect(fn.check()).resolves.toBeUndefined();
    await store.close();
    for (const path of ["/services", "/services/a", "/services/a/pulses", "/services/a/summary"]) {
      const response = await fetch(`${host.url}${path}`);
      expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
      expect(await response.json()).toMatchObject({
        title: "Service unavailable",
        detail: expect.stringMatching(/^The store did not answer: Expected the store .* to be open, got a closed one/),
      });
    }
    await expect(fn.check()).rejects.toThrow(/Expected/);
    await host.close();
  });
});
