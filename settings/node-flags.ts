import type { FunctionName } from "./function-settings.ts";

/**
 * Node's memory limits for each function, in MB. The laptop platform and the image start the functions with them. Without
 * limits V8 lets short-lived garbage grow to hundreds of MB before it collects: under a flood of large requests pulse-ingest
 * reached 440 MB, and 196 MB with these. The functions' settings bound what a function holds far below these limits.
 */
export const NODE_FLAGS: Readonly<Record<FunctionName, readonly string[]>> = {
  "pulse-ingest": ["--max-semi-space-size=6", "--max-old-space-size=128"],
  "pulse-persist": ["--max-semi-space-size=4", "--max-old-space-size=160"],
  "pulse-query": ["--max-semi-space-size=8", "--max-old-space-size=256"],
  "pulse-deadletter": ["--max-semi-space-size=8", "--max-old-space-size=160"],
  "pulse-health": ["--max-semi-space-size=4", "--max-old-space-size=256"],
};

/**
 * Of the laptop's broker. Beside 16 MB, the 4 take no more CPU an event and leave 219 instead of 283 MB after a flood
 * (bench/RESULTS.md).
 */
export const BROKER_NODE_FLAGS: readonly string[] = ["--max-semi-space-size=4"];

/**
 * For the environment of each process, where glibc reads it at the start. By default a block that is freed raises this threshold to its
 * size, up to 32 MB, and from then on smaller ones stay with the process. With a threshold that is set, larger blocks go back to the system.
 */
export const MALLOC_ENV = { MALLOC_MMAP_THRESHOLD_: "131072" } as const;

/**
 * Of the laptop's broker. Each answer of a subscriber is read into 64 KiB, of which a few bytes stay: with a larger threshold these lie all over
 * glibc's heap, and it had 18–24 MB under a flood instead of 11–14 (bench/RESULTS.md).
 */
export const BROKER_MALLOC_ENV = { MALLOC_MMAP_THRESHOLD_: "32768" } as const;
