import { startPlatform } from "./platform.ts";
import { testWhole } from "./whole.ts";

testWhole(() => startPlatform(), 20_000);
