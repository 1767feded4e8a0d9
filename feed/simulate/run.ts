import { Lanes } from "../lanes.ts";
import { waitMs } from "../pace.ts";
import type { PulseSender } from "../pulse-sender.ts";
import { failureOf } from "../send/report.ts";
import type { Fleet } from "./fleet.ts";

export interface SimulationOptions {
  fleet: Fleet;
  sender: PulseSender;
  url: URL;
  concurrency: number;
  /** Stops the run; the run stops itself with it at a fault. */
  stop: AbortController;
  now: () => number;
  /** Called with the time that the fleet has been played to, and all that was accepted. */
  onPlayed: (time: number, accepted: number) => void;
}

const BATCH = 500;
const TICK_MS = 100;
/** Made at one time: memory stays small, and however long the server was away the rest follows in pieces. */
const PIECE = 5000;

/** Plays a fleet: sends its pulses of spans of time. */
export class Simulation {
  readonly #options: SimulationOptions;
  readonly #lanes: Lanes;
  #failure: string | undefined;
  #accepted = 0;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#lanes = new Lanes(options.concurrency);
  }

  get accepted(): number {
    return this.#accepted;
  }

  /** What the run stopped at, if it was a fault. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Sends the pulses of [from, to), at a part of the fleet's density; resolves when they are answered. */
  async playPast(from: number, to: number, ratePerSecond: number, density: number): Promise<void> {
    await this.#play(from, to, ratePerSecond, density);
    await this.#lanes.idle();
  }

  /** Sends the pulses of the present, from a time on, until it is stopped. */
  async playLive(from: number, ratePerSecond: number): Promise<void> {
    const { signal } = this.#options.stop;
    let at = from;
    while (!signal.aborted) {
      const to = this.#options.now();
      if (to > at) await this.#play(at, to, ratePerSecond, 1);
      at = Math.max(at, to);
      await waitMs(TICK_MS, signal);
    }
    await this.#lanes.idle();
  }

  async #play(from: number, to: number, ratePerSecond: number, density: number): Promise<void> {
    const { fleet, stop, onPlayed } = this.#options;
    const pieceMs = Math.max(TICK_MS, Math.floor((PIECE / ratePerSecond) * 1000));
    for (let start = from; start < to && !stop.signal.aborted; start += pieceMs) {
      const end = Math.min(to, start + pieceMs);
      const pulses = fleet.pulsesBetween(start, end, density);
      for (let i = 0; i < pulses.length && !stop.signal.aborted; i += BATCH) {
        await this.#lanes.begin(() => this.#send(pulses.slice(i, i + BATCH).map((pulse) => pulse.json)));
      }
      onPlayed(end, this.#accepted);
    }
  }

  async #send(jsons: string[]): Promise<void> {
    const { sender, stop, url } = this.#options;
    const outcome = await sender.send(jsons);
    if (outcome.kind === "accepted") this.#accepted += jsons.length;
    else if (outcome.kind !== "stopped") {
      const remedyOfAge = "Begin later with --since, or set PULSE_RETENTION_DAYS higher.";
      this.#failure ??= failureOf(outcome, { name: "the fleet", url, lines: [], remedyOfAge });
      stop.abort();
    }
  }
}
