import type { FilePosition } from "./lines.ts";

/** What a request carried, or what was passed over, up to a position. */
export interface Stretch {
  end: FilePosition;
  accepted: number;
  refused: number;
}

/** How far everything has been answered. Answers come in any order; what can be forgotten is only what has no gap before it. */
export class AckWindow {
  readonly #open: { stretch: Stretch; isAcked: boolean }[] = [];
  #reached: Stretch;

  constructor(start: Stretch) {
    this.#reached = { ...start };
  }

  /** Opens the stretch that follows the last one; the function it returns says that it was answered. */
  open(stretch: Stretch): () => void {
    const entry = { stretch, isAcked: false };
    this.#open.push(entry);
    return () => {
      entry.isAcked = true;
      this.#advance();
    };
  }

  /** The position before which everything has been answered, and the sums up to it. */
  get reached(): Readonly<Stretch> {
    return this.#reached;
  }

  #advance(): void {
    let count = 0;
    for (const { stretch, isAcked } of this.#open) {
      if (!isAcked) break;
      this.#reached = {
        end: stretch.end,
        accepted: this.#reached.accepted + stretch.accepted,
        refused: this.#reached.refused + stretch.refused,
      };
      count++;
    }
    this.#open.splice(0, count);
  }
}
