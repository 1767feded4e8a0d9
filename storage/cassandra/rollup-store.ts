import { types } from "cassandra-driver";
import { seenOf } from "../marks.ts";
import type { KeptRollup, Marks, RollupStore } from "../ports.ts";
import type { Span } from "../span.ts";
import { StoreError } from "../store-error.ts";
import { floorTo, HOUR_MS, MINUTES_KEPT_MS, TIERS, type Tier } from "../tiers.ts";
import { pagesOf } from "./cql.ts";
import { type PulseTables, ttlSeconds } from "./pulse-row.ts";

/**
 * How long Cassandra keeps hints. A write that timed out may be applied by one, while its event ends as a dead letter: then nobody
 * leaves a mark. So what was rolled before a hint could come is rolled once more.
 */
const HINT_WINDOW_MS = 3 * HOUR_MS;
const PAGE_ROWS = 1000;
/** Rollups that are written at one time: in a batch, large ones would exceed the server's limit. */
const WRITES_AT_ONCE = 16;

export interface CassandraRollupStoreOptions {
  keyspace: string;
  tables: Pick<PulseTables, "session" | "horizon" | "now">;
  /** Pulses are rolled up once they are this old. */
  sealAfterMs: number;
  /** Rollups of days live for so long. */
  historyMs: number;
}

/** Rollups beside the pulses in Cassandra; late-marks.ts leaves the marks. */
export class CassandraRollupStore implements RollupStore {
  readonly #options: CassandraRollupStoreOptions;
  readonly #statements: Record<"marks" | "list" | "keep" | "remove", string>;

  constructor(options: CassandraRollupStoreOptions) {
    this.#options = options;
    const { keyspace } = options;
    const rollups = `${keyspace}.pulse_rollups_by_service`;
    this.#statements = {
      marks: `SELECT hour, writer, mark FROM ${keyspace}.pulse_marks_by_service WHERE service_name = ? AND hour > ? AND hour < ?`,
      list: `SELECT start, rollup FROM ${rollups} WHERE service_name = ? AND tier = ? AND start >= ? AND start < ?`,
      keep: `INSERT INTO ${rollups} (service_name, tier, start, rollup) VALUES (?, ?, ?, ?) USING TTL ?`,
      remove: `DELETE FROM ${rollups} WHERE service_name = ? AND tier = ? AND start = ?`,
    };
  }

  async sealedUntil(): Promise<number> {
    return floorTo(TIERS.minute, this.#options.tables.now() - this.#options.sealAfterMs);
  }

  async marks(service: string, { from, to }: Span): Promise<Marks> {
    const { client } = await this.#options.tables.session.insist();
    const query = { query: this.#statements.marks, params: [service, from - HOUR_MS, to] };
    const marks = new Map<number, string>();
    for await (const rows of pagesOf(client, query, () => PAGE_ROWS)) {
      for (const row of rows) {
        const hour = (row.hour as Date).getTime();
        marks.set(hour, `${marks.get(hour) ?? ""} ${row.writer}:${row.mark}`);
      }
    }
    return marks;
  }

  async list(service: string, tier: Tier, { from, to }: Span): Promise<KeptRollup[]> {
    const { session, now } = this.#options.tables;
    const { client } = await session.insist();
    const query = { query: this.#statements.list, params: [service, tier, from, to] };
    const kept: KeptRollup[] = [];
    for await (const rows of pagesOf(client, query, () => PAGE_ROWS)) {
      for (const row of rows) {
        const start = (row.start as Date).getTime();
        const hintsUntil = start + TIERS[tier] + HINT_WINDOW_MS;
        const madeAt = (row.rollup.get(0) as Date).getTime();
        if (madeAt < hintsUntil && now() >= hintsUntil) continue;
        kept.push({ start, seen: row.rollup.get(1), value: row.rollup.get(2) });
      }
    }
    return kept;
  }

  async keep(service: string, tier: Tier, rollups: readonly KeptRollup[]): Promise<boolean> {
    const { session, now } = this.#options.tables;
    try {
      const { client } = await session.insist();
      for (let i = 0; i < rollups.length; i += WRITES_AT_ONCE) {
        const writes = rollups.slice(i, i + WRITES_AT_ONCE).map(({ start, seen, value }) => {
          const ttl = ttlSeconds(start, this.#oldestKept(tier));
          const rollup = types.Tuple.fromArray([new Date(now()), seen, Buffer.from(value)]);
          return ttl > 0 && client.execute(this.#statements.keep, [service, tier, start, rollup, ttl]);
        });
        await Promise.all(writes);
      }
      return tier !== "day" || (await this.#removeOutdated(service, rollups));
    } catch (error) {
      if (error instanceof StoreError) return false;
      throw error;
    }
  }

  /**
   * Once a day is past the retention, nobody compares what it has seen with marks. So a day that was read before a removal or a late
   * pulse and kept after it goes at once. A removal that leaves its mark after this look deletes the day itself.
   * @returns whether none was outdated
   */
  async #removeOutdated(service: string, days: readonly KeptRollup[]): Promise<boolean> {
    const starts = days.map(({ start }) => start);
    const marks = await this.marks(service, { from: Math.min(...starts), to: Math.max(...starts) + TIERS.day });
    const outdated = days.filter(({ start, seen }) => seen !== seenOf(marks, { from: start, to: start + TIERS.day }));
    const { client } = await this.#options.tables.session.insist();
    for (const { start } of outdated) await client.execute(this.#statements.remove, [service, "day", start]);
    return outdated.length === 0;
  }

  #oldestKept(tier: Tier): number {
    const { tables, historyMs } = this.#options;
    if (tier === "hour") return tables.horizon();
    return tables.now() - (tier === "minute" ? MINUTES_KEPT_MS + HOUR_MS : historyMs);
  }
}
