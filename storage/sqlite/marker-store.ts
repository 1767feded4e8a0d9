import type { DatabaseSync } from "node:sqlite";
import { MAX_MARKERS, type Marker, type MarkerStore } from "../marker-ports.ts";
import type { Span } from "../span.ts";
import type { StoreFile } from "./store-file.ts";
import { wholeSpan } from "./whole-span.ts";

/** Markers, by the name of their service: there need be no pulse of it. */
export const markerTables = `
    CREATE TABLE markers (
      service TEXT NOT NULL, id TEXT NOT NULL, time INTEGER NOT NULL, text TEXT NOT NULL, link TEXT, PRIMARY KEY (service, id)
    ) STRICT, WITHOUT ROWID`;

type Row = Omit<Marker, "link"> & { link: string | null };

/** The table of markers, and its statements. */
export class MarkerRows {
  readonly #statements;

  constructor(database: DatabaseSync) {
    const columns = "service, id, time, text, link";
    this.#statements = {
      list: database.prepare(
        `SELECT ${columns} FROM markers WHERE service = ? AND time >= ? AND time < ? ORDER BY time, id`,
      ),
      get: database.prepare(`SELECT ${columns} FROM markers WHERE service = ? AND id = ?`),
      put: database.prepare(`INSERT OR REPLACE INTO markers (${columns}) VALUES (?, ?, ?, ?, ?)`),
      deleteOld: database.prepare(`
        DELETE FROM markers WHERE service = ?1 AND (time < ?2 OR id NOT IN (
          SELECT id FROM markers WHERE service = ?1 ORDER BY time DESC, id DESC LIMIT ${MAX_MARKERS}))`),
      deleteOf: database.prepare("DELETE FROM markers WHERE service = ?"),
    };
  }

  list(service: string, { from, to }: Span): Marker[] {
    return this.#statements.list.all(service, from, to).map((row) => markerOf(row as unknown as Row));
  }

  get(service: string, id: string): Marker | undefined {
    const row = this.#statements.get.get(service, id);
    return row && markerOf(row as unknown as Row);
  }

  /** Keeps one, and deletes those from before a time (epoch ms), and those that are too many. */
  put({ service, id, time, text, link }: Marker, horizon: number): void {
    this.#statements.put.run(service, id, time, text, link ?? null);
    this.#statements.deleteOld.run(service, horizon);
  }

  deleteOf(service: string): void {
    this.#statements.deleteOf.run(service);
  }
}

export interface SqliteMarkerStoreOptions {
  rows: MarkerRows;
  file: Pick<StoreFile<unknown>, "read" | "changeAtOnce">;
  historyMs: number;
  now: () => number;
}

/** Markers in the file of the pulses. */
export class SqliteMarkerStore implements MarkerStore {
  readonly #options: SqliteMarkerStoreOptions;

  constructor(options: SqliteMarkerStoreOptions) {
    this.#options = options;
  }

  async list(service: string, span: Span): Promise<Marker[]> {
    return this.#options.file.read(() => this.#options.rows.list(service, wholeSpan(span)));
  }

  async get(service: string, id: string): Promise<Marker | undefined> {
    return this.#options.file.read(() => this.#options.rows.get(service, id));
  }

  async put(marker: Marker): Promise<boolean> {
    const { rows, file, historyMs, now } = this.#options;
    return file.changeAtOnce(() => rows.put(marker, now() - historyMs));
  }
}

function markerOf({ link, ...row }: Row): Marker {
  return { ...row, link: link ?? undefined };
}
