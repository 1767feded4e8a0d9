import { createTiming, type Timing } from "../timing.ts";

/** Everything `speedup` times as fast, scraped every two seconds. No window is shorter than five scrapes. */
export function hasten(speedup: number, daySeconds: number): Timing {
  return createTiming({ scrapeSeconds: 2, tickSeconds: 1, daySeconds, speedup, shortestWindowSeconds: 10 });
}
