// A SQLite file as the builds before health wrote it.
import type { DatabaseSync } from "node:sqlite";

/** Removes the tables of health from an open file, and says so in its version. */
export function dropHealth(database: DatabaseSync): void {
  for (const table of [
    "health_runs",
    "health_states",
    "health_memories",
    "health_told",
    "health_watch",
    "set_services",
    "markers",
  ]) {
    database.exec(`DROP TABLE ${table}`);
  }
  database.exec("PRAGMA user_version = 2");
}
