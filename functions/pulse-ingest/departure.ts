// When the next event leaves. All constants of that decision stand here; `npm run bench -- ingest chain` shows their worth.

/** An event with so many pulses never waits: on Knative an event costs five processes the same with one pulse as with many. */
const LARGE_PULSES = 40;
/** So many pulses wait for no event in flight when all clients wait: no more pulses come before an answer goes out. */
const LARGE_PULSES_OF_ALL = 16;
/** The part of the most open requests that remains after each event: the emitter soon stops waiting for clients that left. */
const DECAY = 0.9;
/** The longest wait. The broker of an event that stays away longer may be frozen, and another one may answer. */
const PATIENCE_MS = 250;

/** What waits, what is in flight, and how many clients there are. Times are in ms. */
export interface Traffic {
  waitingPulses: number;
  waitingBytes: number;
  /** Events in flight. */
  inFlight: number;
  /** When the newest event left. */
  sentAt: number;
  /** When the last event in flight was answered, and how long that one was away. */
  answeredAt: number;
  awayMs: number;
  /** Requests that wait for their answer, and the most that lately did. */
  openRequests: number;
  mostOpenRequests: number;
}

/** The departure of an event that leaves now. */
export const NOW = Number.NEGATIVE_INFINITY;

/** When an event with the waiting pulses leaves, if no further request comes: {@link NOW}, or a time that may have passed. */
export function departureOf(traffic: Readonly<Traffic>, maxEventBytes: number): number {
  const { waitingPulses, waitingBytes, inFlight, openRequests, mostOpenRequests } = traffic;
  if (waitingPulses >= LARGE_PULSES || waitingBytes >= maxEventBytes) return NOW;
  const doAllWait = openRequests >= mostOpenRequests;
  if (doAllWait && (inFlight === 0 || waitingPulses >= LARGE_PULSES_OF_ALL)) return NOW;
  if (inFlight > 0) return traffic.sentAt + PATIENCE_MS;
  // Clients that were just answered return after about as long as their event was away.
  return traffic.answeredAt + Math.min(traffic.awayMs, PATIENCE_MS);
}

/** The most requests lately open, once another event has left. */
export function mostOpenAfter({ mostOpenRequests, openRequests }: Readonly<Traffic>): number {
  return Math.max(mostOpenRequests * DECAY, openRequests);
}
