import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { openSqliteDatabase, outcomeOf, rollBack, type SqliteSchema, spaceOf } from "./database.ts";

const MIB = 1024 * 1024;
const schema: SqliteSchema = {
  version: 3,
  sql: "CREATE TABLE notes (id INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT",
};
let folder: string;
const handles: DatabaseSync[] = [];

beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => {
  for (const handle of handles.splice(0)) if (handle.isOpen) handle.close();
});

function open({ name = "a.db", maxBytes = MIB, of = schema } = {}): DatabaseSync {
  const database = openSqliteDatabase({ file: join(folder, name), maxBytes }, of);
  handles.push(database);
  return database;
}

function pragma(database: DatabaseSync, name: string): unknown {
  return Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
}

it("tells the bytes that the file takes and may still take; deleted rows free some", () => {
  const database = open();
  const file = join(folder, "a.db");
  const empty = spaceOf(database, file, MIB);
  expect(empty.usedBytes + empty.freeBytes).toBe(MIB);
  database.prepare("INSERT INTO notes (note) VALUES (?)").run("x".repeat(400_000));
  const filled = spaceOf(database, file, MIB);
  expect(filled.usedBytes).toBeGreaterThan(empty.usedBytes + 390_000);
  expect(filled.usedBytes + filled.freeBytes).toBe(MIB);
  database.exec("DELETE FROM notes");
  expect(spaceOf(database, file, MIB).usedBytes).toBeLessThan(filled.usedBytes - 380_000);
});

describe("opening a file", () => {
  it("makes missing folders, and the schema in its version", () => {
    const database = open({ name: "deep/er/a.db" });
    expect(existsSync(join(folder, "deep/er/a.db"))).toBe(true);
    expect(pragma(database, "user_version")).toBe(3);
    expect(database.prepare("SELECT count(*) AS notes FROM notes").get()?.notes).toBe(0);
  });

  it("flushes every commit to the disk, keeps the log bounded and the quota set", () => {
    const database = open();
    expect(pragma(database, "journal_mode")).toBe("wal");
    expect(pragma(database, "synchronous")).toBe(2);
    expect(pragma(database, "fullfsync")).toBe(1);
    expect(pragma(database, "wal_autocheckpoint")).toBe(2000);
    expect(pragma(database, "journal_size_limit")).toBe(32 * MIB);
    expect(pragma(database, "max_page_count")).toBe(MIB / 4096);
  });

  it("finds what was there", () => {
    const first = open();
    first.exec("INSERT INTO notes (note) VALUES ('kept')");
    first.close();
    expect(open().prepare("SELECT note FROM notes").get()?.note).toBe("kept");
  });

  it("refuses a file of a newer version and of an older one, naming the file and the remedy", () => {
    open().close();
    const remedy = /Expected .*a\.db to have schema version [24], got 3.*run that one, or move the file away/s;
    expect(() => open({ of: { ...schema, version: 2 } })).toThrow(remedy);
    expect(() => open({ of: { ...schema, version: 4 } })).toThrow(remedy);
  });

  it("upgrades a file step by step, and keeps what it holds", () => {
    const first = open();
    first.exec("INSERT INTO notes (note) VALUES ('kept')");
    first.close();
    const upgrades = {
      3: "ALTER TABLE notes ADD COLUMN author TEXT",
      4: "CREATE TABLE tags (tag TEXT) STRICT; UPDATE notes SET author = 'me'",
    };
    const database = open({ of: { version: 5, sql: "", upgrades } });
    expect(pragma(database, "user_version")).toBe(5);
    expect(database.prepare("SELECT note, author FROM notes").get()).toMatchObject({ note: "kept", author: "me" });
    expect(database.prepare("SELECT count(*) AS tags FROM tags").get()?.tags).toBe(0);
  });

  it("leaves a file as it was when an upgrade fails", () => {
    open().close();
    const upgrades = { 3: "CREATE TABLE tags (tag TEXT) STRICT", 4: "CREATE NONSENSE" };
    expect(() => open({ of: { version: 5, sql: "", upgrades } })).toThrow(/syntax error/);
    const database = open();
    expect(database.prepare("SELECT name FROM sqlite_schema WHERE name = 'tags'").get()).toBeUndefined();
  });

  it("refuses a file that is not SQLite's, and leaves it as it was", () => {
    writeFileSync(join(folder, "a.db"), "a diary, and not a short one".repeat(50));
    expect(() => open()).toThrow(
      /Expected .*a\.db to be a SQLite file .* got "file is not a database": check the folder/,
    );
  });

  it("refuses a path where no file can be, with the cause", () => {
    mkdirSync(join(folder, "a.db"));
    expect(() => open()).toThrow(expect.objectContaining({ name: "StoreError", cause: expect.any(Error) }));
    writeFileSync(join(folder, "file"), "");
    expect(() => open({ name: "file/a.db" })).toThrow(/Expected .*file\/a\.db/);
  });

  it("leaves an empty file when the schema fails, so that the next start can make it", () => {
    expect(() => open({ of: { version: 1, sql: "CREATE TABLE half (id); CREATE NONSENSE" } })).toThrow(/syntax error/);
    expect(pragma(open(), "user_version")).toBe(3);
  });

  it("works in many processes at once, of which one makes the schema", async () => {
    const script = `
      import { openSqliteDatabase } from ${JSON.stringify(new URL("database.ts", import.meta.url).href)};
      process.stdin.once("data", () => {
        const database = openSqliteDatabase(${JSON.stringify({ file: join(folder, "a.db"), maxBytes: MIB })}, ${JSON.stringify(schema)});
        database.exec("INSERT INTO notes (note) VALUES ('" + process.pid + "')");
        database.close();
        process.exit(0);
      });
      process.stdout.write("ready");`;
    const children = Array.from({ length: 5 }, () =>
      spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["pipe", "pipe", "inherit"] }),
    );
    await Promise.all(children.map((child) => once(child.stdout, "data")));
    const exits = children.map((child) => once(child, "exit"));
    for (const child of children) child.stdin.write("go");
    expect((await Promise.all(exits)).map(([code]) => code)).toEqual(children.map(() => 0));
    expect(open().prepare("SELECT count(*) AS notes FROM notes").get()?.notes).toBe(5);
  });
});

describe("an error of a transaction", () => {
  it("is the store's when it is full; rolling back works even when SQLite has done it", () => {
    const database = open({ maxBytes: 10 * 4096 });
    database.exec("BEGIN IMMEDIATE");
    const failure = attempt(() => {
      for (;;) database.exec("INSERT INTO notes (note) VALUES (hex(zeroblob(5000)))");
    });
    rollBack(database);
    rollBack(database);
    expect(failure).toMatchObject({
      kind: "retry",
      reason: expect.stringContaining("PULSE_STORE_MAX_BYTES"),
      retryAfterMs: 5000,
    });
    expect(database.isTransaction).toBe(false);
    expect(database.prepare("SELECT count(*) AS notes FROM notes").get()?.notes).toBe(0);
  });

  it("is the store's when another process has the lock", () => {
    const [one, two] = [open(), open()];
    one.exec("BEGIN IMMEDIATE");
    expect(attempt(() => two.exec("BEGIN IMMEDIATE"))).toMatchObject({ kind: "retry", retryAfterMs: 100 });
    one.exec("ROLLBACK");
  });

  it("is the store's when a table is gone", () => {
    expect(attempt(() => open().exec("SELECT * FROM gone"))).toMatchObject({
      kind: "retry",
      reason: expect.stringContaining("no such table"),
      cause: expect.any(Error),
    });
  });

  it("is the row's when it breaks a rule or a value cannot be bound", () => {
    const insert = open().prepare("INSERT INTO notes (note) VALUES (?)");
    expect(attempt(() => insert.run(null))).toMatchObject({
      kind: "rejected",
      reason: expect.stringContaining("NOT NULL"),
    });
    expect(attempt(() => insert.run(Buffer.from("a")))).toMatchObject({ kind: "rejected" });
    expect(attempt(() => insert.run({} as never, {} as never))).toMatchObject({ kind: "rejected" });
    expect(attempt(() => insert.run(1n << 70n))).toMatchObject({ kind: "rejected" });
  });

  it("is nobody's when our own code failed", () => {
    const error = new TypeError("undefined is not iterable");
    const fail = () => {
      throw error;
    };
    expect(attempt(fail)).toEqual({ kind: "defect", error });
  });
});

function attempt(act: () => unknown): unknown {
  try {
    act();
    return undefined;
  } catch (error) {
    return outcomeOf(error);
  }
}
