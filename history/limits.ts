// Bounds that answers name. The page's types lead here: nothing of this file may need Node.

/** So many latencies are kept as they are, and their percentiles are exact. More go into a sketch. */
export const EXACT_UP_TO = 500;
/** As many of a minute, an hour or a day: a sketch of more takes no more bytes than they would. */
export const EXACT_IN_ROLLUP = 16;

/** A status is free text: these are listed one by one, all others together. */
export const MAX_LISTED = 20;
/** Different statuses that are counted one by one: 64 characters each. */
export const MAX_COUNTED = 1000;
/** As many of a minute, an hour or a day. */
export const MAX_COUNTED_IN_ROLLUP = 100;

/** A minute or an hour of fewer pulses has no rollup: they are read as fast as it would be. */
export const LEAST_PULSES = 10;
