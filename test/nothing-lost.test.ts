import { testNothingLost } from "./nothing-lost.ts";
import { startPlatform } from "./platform.ts";

testNothingLost(() => startPlatform(), 20_000);
