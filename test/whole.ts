import { afterAll, beforeAll } from "vitest";
import { testForgetting } from "./forgetting.ts";
import { testNothingLost } from "./nothing-lost.ts";
import type { Platform } from "./platform.ts";
import { testPoison } from "./poison.ts";

/** Tests what the platform promises on any store; `start` starts it on one. */
export function testWhole(start: () => Promise<Platform>, pulseCount: number): void {
  let platform: Platform;
  beforeAll(async () => {
    platform = await start();
  }, 120_000);
  afterAll(() => platform?.dispose(), 60_000);

  testPoison(() => platform);
  testForgetting(() => platform);
  testNothingLost(() => platform, pulseCount);
}
