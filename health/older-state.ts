import type { Health } from "../events/health.ts";
import type { HealthRun } from "../events/health-run.ts";
import type { PeriodState } from "./period.ts";
import type { TimelineState } from "./timeline.ts";

/**
 * A state that is no more the newest of its service: most of them are never asked for. It is JSON until it is, which takes a third of the memory.
 */
export class OlderState implements TimelineState {
  readonly judgedUntil: number;
  #state: TimelineState | string;

  constructor(state: TimelineState) {
    this.judgedUntil = state.judgedUntil;
    this.#state = JSON.stringify(state);
  }

  get period(): PeriodState | undefined {
    return this.#unpacked().period;
  }

  get newest(): Health | undefined {
    return this.#unpacked().newest;
  }

  get isSilent(): boolean {
    return this.#unpacked().isSilent;
  }

  get isOfFew(): boolean | undefined {
    return this.#unpacked().isOfFew;
  }

  get runs(): HealthRun[] {
    return this.#unpacked().runs;
  }

  toJSON(): TimelineState {
    return typeof this.#state === "string" ? (JSON.parse(this.#state) as TimelineState) : this.#state;
  }

  /** It has been asked for, and will not be again. */
  pack(): void {
    if (typeof this.#state !== "string") this.#state = JSON.stringify(this.#state);
  }

  #unpacked(): TimelineState {
    const state = this.toJSON();
    this.#state = state;
    return state;
  }
}
