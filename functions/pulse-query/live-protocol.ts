// What pulse-query's live streams and the page agree on.

/** How often a `heartbeat` shows listeners and proxies that a stream lives. */
export const HEARTBEAT_MS = 10_000;

/** The events of the live streams, by name. docs/api.md says what each means. */
export const LIVE_EVENTS = ["pulse", "gone", "service", "gap", "ready", "away", "heartbeat"] as const;
export type LiveEventName = (typeof LIVE_EVENTS)[number];
