import type { Clock } from "../pulse-ingest/emitter.ts";

/** A clock that stands still, except for the milliseconds that a test lets pass. */
export interface ManualClock extends Clock {
  /** Moves the time on, and calls the timers that it reaches. */
  pass(ms: number): void;
}

export function openClock(): ManualClock {
  let now = 0;
  const timers = new Map<object, { at: number; callback: () => void }>();
  return {
    now: () => now,
    setTimeout(callback, ms) {
      const timer = {};
      timers.set(timer, { at: now + ms, callback });
      return timer;
    },
    clearTimeout: (timer) => void timers.delete(timer as object),
    pass(ms) {
      now += ms;
      for (const [timer, { at, callback }] of [...timers]) {
        if (at > now) continue;
        timers.delete(timer);
        callback();
      }
    },
  };
}
