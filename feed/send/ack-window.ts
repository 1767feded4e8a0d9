import type { FilePosition } from "./lines.ts";

/** The lines of one request, or of bad lines alone, up to a position. */
export interface Stretch {
  end: FilePosition;
  /** Its last line, if it has one. */
  last?: LastLine | undefined;
  accepted: number;
  refused: number;
}

/** A line by where it begins and what it reads. */
export interface LastLine {
  start: FilePosition;
  text: string;
}

/** Tracks up to which position every line is answered. Answers come in any order; a gap keeps the position where it is. */
export class AckWindow {
  readonly #open: { stretch: Stretch; isAnswered: boolean }[] = [];
  #reached: Stretch;

  constructor(start: Stretch) {
    this.#reached = start;
  }

  /** Opens the stretch that follows the last one. Call the returned function when the stretch is answered. */
  open(stretch: Stretch): () => void {
    const entry = { stretch, isAnswered: false };
    this.#open.push(entry);
    return () => {
      entry.isAnswered = true;
      while (this.#open[0]?.isAnswered) this.#advance(this.#open.shift()?.stretch as Stretch);
    };
  }

  /** The position up to which everything is answered, and the sums up to it. */
  get reached(): Readonly<Stretch> {
    return this.#reached;
  }

  #advance({ end, last, accepted, refused }: Stretch): void {
    const before = this.#reached;
    this.#reached = { end, last, accepted: before.accepted + accepted, refused: before.refused + refused };
  }
}
