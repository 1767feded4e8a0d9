// Bounds of a summary by a key. The page names them, too: nothing of this file may need Node.
import { DAY_MS } from "../../events/time.ts";

/** The longest span in ms: groups are made of the pulses themselves, which nothing tells faster. */
export const LONGEST_GROUPED_MS = DAY_MS;
export const MAX_GROUPED_PULSES = 500_000;
/** Each holds up to 17 kB. */
export const MAX_GROUP_VALUES = 500;
/** The most frequent ones; all others are one group. */
export const MAX_GROUPS = 20;
