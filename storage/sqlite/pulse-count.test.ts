import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { DAY_MS } from "../../events/time.ts";
import { ALL, START, seriesOf } from "../testing/pulses.ts";
import { store } from "../testing/read-back.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { openSqlitePulseStore } from "./pulse-store.ts";

it("counts the pulses of a span, from its beginning to before its end, and none of another service or a forgotten one", async () => {
  const file = join(temporaryFolder(), "pulses.db");
  const own = openSqlitePulseStore({ file, maxBytes: 2 ** 28, retentionMs: 30 * DAY_MS });
  onTestFinished(() => own.close());
  await store(own, [...seriesOf("checkout", 50, 1000), ...seriesOf("search", 5, 1000)]);
  expect(await own.count("checkout", ALL)).toBe(50);
  expect(await own.count("checkout", { from: START + 10_000, to: START + 20_000 })).toBe(10);
  expect(await own.count("checkout", { from: START + 10_001, to: START + 20_001 })).toBe(10);
  expect(await own.count("cart", ALL)).toBe(0);
  await own.forget(["checkout"]);
  expect([await own.count("checkout", ALL), await own.count("search", ALL)]).toEqual([0, 5]);
});
