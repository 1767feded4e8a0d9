// Which buckets of a service to read next, and how many at one time. One after the other, a month of a quiet service
// takes a second. All at once, most rows of a busy service are read in vain and held in memory.

const MAX_WIDTH = 8;
/** So many rows ahead are enough, however many the reader wants. */
const MAX_ROWS_AHEAD = 2000;

/** The plan of one read: buckets in the order of reading, as many together as may hold what the reader still wants. */
export class BucketPlan {
  readonly #wantedRows: number;
  #waiting: number[] = [];
  #width = 1;
  #buckets = 0;
  #rows = 0;

  constructor(wantedRows: number) {
    this.#wantedRows = wantedRows;
  }

  /** Adds buckets that hold rows, in the order of reading. */
  add(buckets: readonly number[]): void {
    this.#waiting.push(...buckets);
  }

  /** The buckets to read together next; none when all that were added have been read. */
  next(): number[] {
    if (this.#waiting.length === 0) return [];
    if (this.#buckets > 0) {
      const rowsPerBucket = Math.max(1, this.#rows / this.#buckets);
      const rowsAhead = Math.min(this.#wantedRows - this.#rows, MAX_ROWS_AHEAD);
      this.#width = Math.min(2 * this.#width, MAX_WIDTH, Math.max(1, Math.ceil(rowsAhead / rowsPerBucket)));
    }
    const together = this.#waiting.splice(0, this.#width);
    this.#buckets += together.length;
    return together;
  }

  /** Notes rows that came back from the buckets of {@link next}. */
  note(rows: number): void {
    this.#rows += rows;
  }
}
