import { gunzipSync } from "node:zlib";
import { pino } from "pino";
import { expect, it } from "vitest";
import { warmUp } from "./warm-up.ts";

it("a warm-up answers with the summary of days that are made up", async () => {
  const body = await warmUp(pino({ level: "silent" }));
  // The last span ends some milliseconds before the last hour does, whose pulses nobody has.
  expect(JSON.parse(String(gunzipSync(body as Buffer)))).toMatchObject({ count: 119 * 200, health: { up: 119 * 200 } });
});
