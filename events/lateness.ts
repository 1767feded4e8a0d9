/** A service is late when it has been silent for so many of its usual periods, and the grace on top. */
export const LATE_AFTER_PERIODS = 3;

/** What a pulse may be late on its way, or a busy service with its pulses, in ms. */
export const LATE_GRACE_MS = 60_000;
