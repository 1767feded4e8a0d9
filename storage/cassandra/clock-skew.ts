import type { CassandraSession } from "./session.ts";

const GOOD_FOR_MS = 30_000;
const ASK = "SELECT toUnixTimestamp(now()) AS now FROM system.local";

/**
 * How far a process's clock and those of Cassandra's nodes are apart. late-marks.ts relies on the clocks of processes: the skew
 * between two of them is the difference of what each sees.
 */
export class ClockSkew {
  readonly #session: Pick<CassandraSession, "attempt">;
  readonly #now: () => number;
  #seconds: number | undefined;
  #goodUntil = Number.NEGATIVE_INFINITY;

  constructor(session: Pick<CassandraSession, "attempt">, now: () => number) {
    this.#session = session;
    this.#now = now;
  }

  /**
   * Seconds by which the node that answered last is ahead of this process, to half of the time that its answer took; `undefined`
   * before one has. Each look asks for the next one, twice a minute at most.
   */
  get seconds(): number | undefined {
    if (performance.now() >= this.#goodUntil) {
      this.#goodUntil = performance.now() + GOOD_FOR_MS;
      void this.ask();
    }
    return this.#seconds;
  }

  /** Asks now. A node that does not answer changes nothing. */
  async ask(): Promise<void> {
    await this.#session.attempt(async ({ client }) => {
      const before = this.#now();
      const { rows } = await client.execute(ASK, []);
      const half = (this.#now() - before) / 2;
      this.#seconds = (Number(rows[0]?.now) - before - half) / 1000;
    });
  }
}
