import { gunzipSync } from "node:zlib";
import { pino } from "pino";
import { expect, it } from "vitest";
import { warmUp } from "./warm-up.ts";

it("a warm-up answers with the summary of a month that is made up", async () => {
  const body = await warmUp(pino({ level: "silent" }));
  // The last span ends some milliseconds before the last hour does, whose pulses nobody has.
  expect(JSON.parse(String(gunzipSync(body as Buffer)))).toMatchObject({ count: 719 * 200, health: { up: 719 * 200 } });
});
