import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** One step of the schema, as its file has it. */
export interface Migration {
  version: number;
  name: string;
  /** With placeholders. */
  statements: readonly string[];
  /** Of the statements: once applied, they never change, and the next step is a new file. A comment may change. */
  checksum: string;
}

/** What the placeholders of the files stand for. */
export interface SchemaPlan {
  keyspace: string;
  /** Replicas by data centre. */
  replication: Readonly<Record<string, number>>;
  retentionMs: number;
  bucketMs: number;
}

const SCHEMA_FOLDER = join(import.meta.dirname, "schema");
const HOUR_MS = 3_600_000;
const MAX_WINDOWS = 30;

/** The steps of a folder in order. @throws when a number is missing or doubled. */
export async function loadMigrations(folder = SCHEMA_FOLDER): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".cql")).sort();
  return await Promise.all(
    names.map(async (name, i) => {
      const version = Number(/^(\d{3})-[a-z0-9-]+\.cql$/.exec(name)?.[1]);
      if (version !== i + 1) {
        throw new Error(`Expected ${folder} to have ${String(i + 1).padStart(3, "0")}-….cql next, got ${name}`);
      }
      const text = (await readFile(join(folder, name), "utf8")).replace(/^\s*--.*\n/gm, "");
      const statements = text.split(";").flatMap((statement) => statement.trim() || []);
      return { version, name, statements, checksum: createHash("sha256").update(statements.join(";")).digest("hex") };
    }),
  );
}

/** The statements of a step with its placeholders filled in. */
export function statementsOf(migration: Migration, plan: SchemaPlan): string[] {
  const values: Record<string, string> = {
    keyspace: plan.keyspace,
    retention_seconds: String(retentionSecondsOf(plan)),
    windows: mapLiteral(windowsOf(plan.retentionMs)),
  };
  const fill = (placeholder: string, name: string) => {
    const value = values[name];
    if (value !== undefined) return value;
    throw new Error(`Expected a known placeholder in ${migration.name}, got ${placeholder}`);
  };
  return migration.statements.map((statement) => statement.replace(/\{\{(\w+)\}\}/g, fill));
}

/** What a keyspace needs before its first step: itself, the lock on taking a step, and the notes of steps taken. */
export function foundationOf(plan: SchemaPlan): [keyspace: string, lock: string, ...notes: string[]] {
  const { keyspace } = plan;
  return [
    `CREATE KEYSPACE IF NOT EXISTS ${keyspace} WITH replication = ${replicationOf(plan)}`,
    // The one table made without the lock. Its id is fixed, so that two processes that make it at once make the same.
    `CREATE TABLE IF NOT EXISTS ${keyspace}.schema_lock (name text PRIMARY KEY, holder text) WITH id = ${lockIdOf(keyspace)}`,
    `CREATE TABLE IF NOT EXISTS ${keyspace}.schema_versions (version int PRIMARY KEY, name text, checksum text, applied_at timestamp)`,
    `CREATE TABLE IF NOT EXISTS ${keyspace}.schema_facts (name text PRIMARY KEY, value text)`,
  ];
}

/** The keyspace's replication, as CQL. */
export function replicationOf({ replication }: SchemaPlan): string {
  return mapLiteral({ class: "NetworkTopologyStrategy", ...replication });
}

/** At most 30 windows in a retention, each of whole hours or days: a read may have to look at as many files. */
export function windowsOf(retentionMs: number): Record<string, string | number> {
  const hours = Math.max(1, Math.ceil(retentionMs / HOUR_MS / MAX_WINDOWS));
  const [unit, size] = hours < 24 ? ["HOURS", hours] : ["DAYS", Math.ceil(hours / 24)];
  return { class: "TimeWindowCompactionStrategy", compaction_window_unit: unit, compaction_window_size: size };
}

/** The `default_time_to_live` of the tables: rounded up, so that no row goes before its retention has passed. */
export function retentionSecondsOf({ retentionMs }: SchemaPlan): number {
  return Math.ceil(retentionMs / 1000);
}

/** A map of CQL. */
export function mapLiteral(entries: Record<string, string | number>): string {
  const parts = Object.entries(entries).map(([key, value]) => `'${key}': '${value}'`);
  return `{${parts.join(", ")}}`;
}

function lockIdOf(keyspace: string): string {
  const hex = createHash("sha256").update(`pulsemesh schema_lock of ${keyspace}`).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
