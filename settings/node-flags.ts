import type { FunctionName } from "./function-settings.ts";

/**
 * Node's own limits for each function, in MB; whoever starts one (the laptop platform, the image) passes them. Left to
 * itself, V8 lets garbage that lives for milliseconds grow to hundreds of MB before it looks: measured under a flood of
 * large requests, pulse-ingest reached 440 MB, and with these 196. What a function may hold is bounded far below them.
 */
export const NODE_FLAGS: Readonly<Record<FunctionName, readonly string[]>> = {
  "pulse-ingest": ["--max-semi-space-size=6", "--max-old-space-size=128"],
  "pulse-persist": ["--max-semi-space-size=8", "--max-old-space-size=160"],
  "pulse-query": ["--max-semi-space-size=8", "--max-old-space-size=256"],
  "pulse-deadletter": ["--max-semi-space-size=8", "--max-old-space-size=160"],
};
