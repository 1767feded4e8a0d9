import type { ServerResponse } from "node:http";
import { problem } from "./problem.ts";
import type { HttpReply } from "./route.ts";
import { firstToShed, type Sheddable, SMALL_BYTES } from "./shedding.ts";

/** What all answers that wait for their clients may hold together. */
const MAX_HELD_BYTES = 64 * 1024 * 1024;

interface Held extends Sheddable {
  cut: () => void;
}

/**
 * Bounds the memory of long answers that wait for their clients: beyond it, the newest one of the client that lets most wait is
 * cut. An answer that is taken at once holds nothing for long.
 */
export class HeldAnswers {
  readonly #onCut: (reply: HttpReply) => void;
  readonly #maxBytes: number;
  /** The oldest first. */
  readonly #held = new Set<Held>();
  #bytes = 0;

  /** `onCut` is called for each answer that is cut, with a text for the log: nobody is left to send it to. */
  constructor(onCut: (reply: HttpReply) => void, maxBytes = MAX_HELD_BYTES) {
    this.#onCut = onCut;
    this.#maxBytes = maxBytes;
  }

  /** Counts an answer of so many bytes until its response is closed. */
  hold(response: ServerResponse, bytes: number, client: () => string): void {
    if (bytes <= SMALL_BYTES) return;
    const held: Held = { bytes, client: client(), behindMs: 0, cut: () => response.destroy() };
    this.#held.add(held);
    this.#bytes += bytes;
    response.once("close", () => this.#free(held));
    // One that is larger than all may be is sent while no other waits.
    while (this.#bytes > this.#maxBytes && this.#held.size > 1) {
      const chosen = firstToShed(this.#held);
      this.#free(chosen);
      chosen.cut();
      this.#onCut(tooMuch(this.#maxBytes));
    }
  }

  #free(held: Held): void {
    if (this.#held.delete(held)) this.#bytes -= held.bytes;
  }
}

function tooMuch(maxBytes: number): HttpReply {
  const detail = `Expected clients that leave at most ${maxBytes} bytes of their answers unread, got one that leaves most of more.`;
  return problem(408, "Answers not taken", detail);
}
