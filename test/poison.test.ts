import { startPlatform } from "./platform.ts";
import { testPoison } from "./poison.ts";

testPoison(() => startPlatform());
