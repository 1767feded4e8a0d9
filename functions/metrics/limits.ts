/** Rows that may wait in a process of pulse-persist, at about 500 bytes each 25 MB. Beyond them the broker gets 429. */
export const MAX_QUEUED_ROWS = 50_000;

/**
 * A pulse whose time lies longer before its arrival at the broker is old: it was measured then and sent now, so it says nothing
 * of the present. Rates, percentiles and lag leave it out. Longer than the five minutes that a sender may try again.
 */
export const YOUNG_MS = 10 * 60_000;
