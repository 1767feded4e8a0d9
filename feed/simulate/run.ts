import { waitMs } from "../pace.ts";
import type { Requests } from "../requests.ts";
import type { Fleet } from "./fleet.ts";

export interface SimulationOptions {
  fleet: Fleet;
  requests: Requests;
  /** Stops the run. */
  signal: AbortSignal;
  now: () => number;
  /** Called with the time that the fleet has been played to. */
  onPlayed: (time: number) => void;
}

const BATCH = 500;
const TICK_MS = 100;
/** Pulses made at one time: memory stays small even when the live run has to catch up on hours without a server. */
const CHUNK = 5000;

/** Plays a fleet: sends its pulses of spans of time. */
export class Simulation {
  readonly #options: SimulationOptions;

  constructor(options: SimulationOptions) {
    this.#options = options;
  }

  /** Sends the pulses of [from, to), at a part of the fleet's density. Resolves when they are answered. */
  async playPast(from: number, to: number, ratePerSecond: number, density: number): Promise<void> {
    await this.#play(from, to, ratePerSecond, density);
    await this.#options.requests.settle();
  }

  /** Sends the pulses from a time on, as they fall due, until it is stopped. */
  async playLive(from: number, ratePerSecond: number): Promise<void> {
    const { signal, now, requests } = this.#options;
    let at = from;
    while (!signal.aborted) {
      const to = now();
      if (to > at) await this.#play(at, to, ratePerSecond, 1);
      at = Math.max(at, to);
      await waitMs(TICK_MS, signal);
    }
    await requests.settle();
  }

  async #play(from: number, to: number, ratePerSecond: number, density: number): Promise<void> {
    const { fleet, requests, signal, onPlayed } = this.#options;
    const chunkMs = Math.max(TICK_MS, Math.floor((CHUNK / ratePerSecond) * 1000));
    for (let start = from; start < to && !signal.aborted; start += chunkMs) {
      const end = Math.min(to, start + chunkMs);
      const pulses = fleet.pulsesBetween(start, end, density).map(({ json }) => json);
      for (let i = 0; i < pulses.length && !signal.aborted; i += BATCH)
        await requests.begin(pulses.slice(i, i + BATCH));
      onPlayed(end);
    }
  }
}
