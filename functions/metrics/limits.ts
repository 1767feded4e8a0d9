/** Rows that may wait in a process of pulse-persist, at about 500 bytes each 25 MB. Beyond them the broker gets 429. */
export const MAX_QUEUED_ROWS = 50_000;
