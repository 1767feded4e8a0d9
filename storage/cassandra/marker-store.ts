import { types } from "cassandra-driver";
import { MAX_MARKERS, type Marker, type MarkerStore } from "../marker-ports.ts";
import type { Span } from "../span.ts";
import { StoreError } from "../store-error.ts";
import { type Cql, pagesOf } from "./cql.ts";
import type { PulseTables } from "./pulse-row.ts";

const PAGE_ROWS = 1000;

export interface CassandraMarkerStoreOptions {
  keyspace: string;
  tables: Pick<PulseTables, "session" | "now">;
  /** What is written lives for so long. */
  historyMs: number;
}

function markerStatements(keyspace: string) {
  const table = `${keyspace}.markers_by_service`;
  return {
    list: `SELECT service_name, id, marker FROM ${table} WHERE service_name = ?`,
    get: `SELECT service_name, id, marker FROM ${table} WHERE service_name = ? AND id = ?`,
    put: `INSERT INTO ${table} (service_name, id, marker) VALUES (?, ?, ?) USING TTL ? AND TIMESTAMP ?`,
    remove: `DELETE FROM ${table} USING TIMESTAMP ? WHERE service_name = ? AND id = ?`,
    forget: `DELETE FROM ${table} USING TIMESTAMP ? WHERE service_name = ?`,
  };
}

/** The markers of a service are one partition, which a reader takes whole: 500 small rows. */
export class CassandraMarkerStore implements MarkerStore {
  readonly #options: CassandraMarkerStoreOptions;
  readonly #statements: ReturnType<typeof markerStatements>;
  readonly #ttl: number;
  #lastWrite = 0;

  constructor(options: CassandraMarkerStoreOptions) {
    this.#options = options;
    this.#statements = markerStatements(options.keyspace);
    this.#ttl = Math.ceil(options.historyMs / 1000);
  }

  async list(service: string, { from, to }: Span): Promise<Marker[]> {
    const all = await this.#all(await this.#client(), service);
    return all.filter(({ time }) => time >= from && time < to);
  }

  async get(service: string, id: string): Promise<Marker | undefined> {
    const row = (await (await this.#client()).execute(this.#statements.get, [service, id])).first();
    return row === null ? undefined : markerOf(row);
  }

  // Two writers at once may leave one more than there should be, until the next one writes.
  async put({ service, id, time, text, link }: Marker): Promise<boolean> {
    const { put, remove } = this.#statements;
    try {
      const client = await this.#client();
      const value = types.Tuple.fromArray([new Date(time), text, link ?? null]);
      await client.execute(put, [service, id, value, this.#ttl, this.#writetime()]);
      const all = await this.#all(client, service);
      for (const old of all.slice(0, Math.max(0, all.length - MAX_MARKERS))) {
        await client.execute(remove, [this.#writetime(), service, old.id]);
      }
      return true;
    } catch (error) {
      if (error instanceof StoreError) return false;
      throw error;
    }
  }

  async forget(client: Cql, service: string): Promise<void> {
    await client.execute(this.#statements.forget, [this.#options.tables.now() * 1000, service]);
  }

  /** Oldest first. */
  async #all(client: Cql, service: string): Promise<Marker[]> {
    const all: Marker[] = [];
    const query = { query: this.#statements.list, params: [service] };
    for await (const rows of pagesOf(client, query, () => PAGE_ROWS)) all.push(...rows.map(markerOf));
    return all.sort((a, b) => a.time - b.time || (a.id < b.id ? -1 : 1));
  }

  async #client(): Promise<Cql> {
    return (await this.#options.tables.session.insist()).client;
  }

  // Of two writes at one time Cassandra keeps the larger value, and not the later one.
  #writetime(): number {
    this.#lastWrite = Math.max(this.#lastWrite + 1, this.#options.tables.now() * 1000);
    return this.#lastWrite;
  }
}

function markerOf({ service_name: service, id, marker }: types.Row): Marker {
  const [time, text, link] = marker.values();
  return { service, id, time: time.getTime(), text, link: link ?? undefined };
}
