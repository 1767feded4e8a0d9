import { describe, expect, it } from "vitest";
import { openFunctionHost } from "../testing/function-host.ts";
import { DAY, log, openStore } from "../testing/query-function.ts";
import { createQuery } from "./handler.ts";

describe("pulse-query", () => {
  it("answers 503 while the store does not answer, and says so when asked whether it is ready", async () => {
    const own = openStore("closed.db");
    const fn = createQuery({ store: own, retentionMs: 30 * DAY, log });
    const ownHost = await openFunctionHost(() => fn);
    await expect(fn.check()).resolves.toBeUndefined();
    await own.close();
    for (const path of ["/services", "/services/a", "/services/a/pulses", "/services/a/summary"]) {
      const response = await fetch(`${ownHost.url}${path}`);
      expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
      expect(await response.json()).toMatchObject({ title: "Service unavailable" });
    }
    await expect(fn.check()).rejects.toThrow(/Expected/);
    await ownHost.close();
  });
});
