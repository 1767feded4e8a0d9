import type { KeptRollup, Marks, RollupStore } from "../ports.ts";
import type { Span } from "../span.ts";
import { floorTo, HOUR_MS, MINUTES_KEPT_MS, TIERS, type Tier } from "../tiers.ts";
import type { RollupRows } from "./rollup-rows.ts";
import type { StoreFile } from "./store-file.ts";

/** Most pulses have come by then, so that few leave a mark. A later pulse costs one more rolling of its hour. */
const SEAL_AFTER_MS = TIERS.minute;

export interface SqliteRollupStoreOptions {
  rows: RollupRows;
  file: Pick<StoreFile<unknown>, "read" | "changeAtOnce">;
  /** Rollups of days are kept for so long. */
  historyMs: number;
  now: () => number;
}

/** Rollups in the file of the pulses: a pulse and its mark are one transaction. */
export class SqliteRollupStore implements RollupStore {
  readonly #options: SqliteRollupStoreOptions;

  /** How many services had been forgotten when some marks were read. */
  readonly #forgotten = new WeakMap<Marks, number>();

  constructor(options: SqliteRollupStoreOptions) {
    this.#options = options;
  }

  async sealedUntil(): Promise<number> {
    const { rows, file, now } = this.#options;
    const wanted = floorTo(TIERS.minute, now() - SEAL_AFTER_MS);
    const current = file.read(() => rows.sealedUntil());
    if (current >= wanted) return wanted;
    return file.changeAtOnce(() => rows.seal(wanted)) ? wanted : current;
  }

  async marks(service: string, { from, to }: Span): Promise<Marks> {
    const { rows, file } = this.#options;
    return file.read(() => {
      const forgotten = rows.forgotten();
      const marks = rows.marks(service, from - HOUR_MS, to);
      this.#forgotten.set(marks, forgotten);
      return marks;
    });
  }

  async list(service: string, tier: Tier, span: Span): Promise<KeptRollup[]> {
    return this.#options.file.read(() => this.#options.rows.list(service, tier, span));
  }

  async keep(service: string, tier: Tier, rollups: readonly KeptRollup[], since: Marks): Promise<boolean> {
    const { rows, file, historyMs, now } = this.#options;
    let isKept = false;
    const isDone = file.changeAtOnce(() => {
      isKept = rows.forgotten() === this.#forgotten.get(since);
      if (!isKept) return;
      for (const rollup of rollups) rows.keep(service, tier, rollup);
      if (tier === "minute") rows.deleteTier(service, tier, now() - MINUTES_KEPT_MS - HOUR_MS);
      if (tier === "day") rows.deleteTier(service, tier, now() - historyMs);
    });
    return isDone && isKept;
  }
}
