import type { FilePosition } from "./lines.ts";

/** The lines of one request, or of bad lines alone, up to a position. */
export interface Stretch {
  end: FilePosition;
  accepted: number;
  refused: number;
}

/** Tracks up to which position every line is answered. Answers come in any order; a gap keeps the position where it is. */
export class AckWindow {
  readonly #open: { stretch: Stretch; isAcked: boolean }[] = [];
  #reached: Stretch;

  constructor(start: Stretch) {
    this.#reached = { ...start };
  }

  /** Opens the stretch that follows the last one. Call the returned function when the stretch is answered. */
  open(stretch: Stretch): () => void {
    const entry = { stretch, isAcked: false };
    this.#open.push(entry);
    return () => {
      entry.isAcked = true;
      this.#advance();
    };
  }

  /** The position up to which everything is answered, and the sums up to it. */
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
