import type { Requests } from "../requests.ts";
import type { Fleet } from "./fleet.ts";

export interface Span {
  from: number;
  to: number;
  /** Pulses a second in it. */
  rate: number;
  /** The part of the fleet's pulses to send, up to 1. */
  density: number;
}

/** The most pulses in a request. */
export const BATCH = 500;
/** Pulses made at one time: memory stays small even when a live run has to catch up on hours without a server. */
const CHUNK = 5000;
const MIN_CHUNK_MS = 100;

/** Sends the fleet's pulses of a span of time; calls `onPlayed` with the time up to which their requests have begun. */
export async function playSpan(
  fleet: Fleet,
  requests: Requests,
  { from, to, rate, density }: Span,
  signal: AbortSignal,
  onPlayed: (time: number) => void,
): Promise<void> {
  const chunkMs = Math.max(MIN_CHUNK_MS, Math.floor((CHUNK / rate) * 1000));
  for (let start = from; start < to && !signal.aborted; start += chunkMs) {
    const end = Math.min(to, start + chunkMs);
    const pulses = fleet.pulsesBetween(start, end, density).map(({ json }) => json);
    for (let i = 0; i < pulses.length && !signal.aborted; i += BATCH) await requests.begin(pulses.slice(i, i + BATCH));
    onPlayed(end);
  }
}
