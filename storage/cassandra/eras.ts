import type { Cql } from "./cql.ts";
import type { PulseStatements } from "./pulse-row.ts";

/** How long what was read of the era is good. Who begins an era waits for so long before anybody relies on it. */
export const ERA_KNOWN_MS = 2000;

/** The present era, as far as this process knows it. */
export class Eras {
  readonly #statements: PulseStatements;
  readonly #onNewEra: () => void;
  #era: number | undefined;
  #goodUntil = Number.NEGATIVE_INFINITY;
  #reading: Promise<number> | undefined;

  /** `onNewEra` is called when another process, or this one, has begun an era. */
  constructor(statements: PulseStatements, onNewEra: () => void) {
    this.#statements = statements;
    this.#onNewEra = onNewEra;
  }

  /** The era of a write that begins now. Reads it when it is due. */
  async now(client: Cql): Promise<number> {
    const leftMs = this.#goodUntil - performance.now();
    if (this.#era === undefined || leftMs <= 0) return await this.#read(client);
    // A busy process reads ahead, so that no write waits; a failure shows in the read that a write waits for.
    if (leftMs < ERA_KNOWN_MS / 2) this.#read(client).catch(() => undefined);
    return this.#era;
  }

  /** Begins another era. What an era before it has written can now be forgotten by {@link ERA_KNOWN_MS} later. */
  async begin(client: Cql): Promise<number> {
    const era = await this.#read(client);
    await client.execute(this.#statements.beginEra, [era + 1]);
    return era;
  }

  #read(client: Cql): Promise<number> {
    this.#reading ??= this.#readOnce(client).finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readOnce(client: Cql): Promise<number> {
    const startedAt = performance.now();
    const { rows } = await client.execute(this.#statements.era, []);
    const era: number = rows[0]?.era ?? 0;
    // The caches of a process speak of what its era has written.
    if (this.#era !== undefined && era !== this.#era) this.#onNewEra();
    this.#era = era;
    this.#goodUntil = startedAt + ERA_KNOWN_MS;
    return era;
  }
}
