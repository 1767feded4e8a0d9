import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, describe, expect, it } from "vitest";
import { makeOwnFolder, makePrivateDatabase, makePrivateFolder } from "./private-files.ts";

const folder = mkdtempSync(join(tmpdir(), "private-files-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const modeOf = (path: string) => statSync(path).mode & 0o777;

describe("data files", () => {
  it("are in folders of their user, and folders that exist keep their permissions", () => {
    const shared = join(folder, "shared");
    mkdirSync(shared);
    chmodSync(shared, 0o775);
    makePrivateFolder(join(shared, "a/b"));
    expect([shared, join(shared, "a"), join(shared, "a/b")].map(modeOf)).toEqual([0o775, 0o700, 0o700]);
    makePrivateFolder(join(shared, "a/b"));
  });

  it("are in folders of PulseMesh's own that an earlier version left open, and that are closed then", () => {
    const own = join(folder, "own");
    mkdirSync(own);
    chmodSync(own, 0o775);
    makeOwnFolder(own);
    makeOwnFolder(join(folder, "deeper/own"));
    expect([own, join(folder, "deeper/own")].map(modeOf)).toEqual([0o700, 0o700]);
  });

  it("are their user's alone, a database's write-ahead log too, and so are those of an earlier run", () => {
    const file = join(folder, "new.db");
    makePrivateDatabase(file);
    const database = new DatabaseSync(file);
    database.exec("PRAGMA journal_mode = WAL; CREATE TABLE t (a)");
    expect([file, `${file}-wal`, `${file}-shm`].map(modeOf)).toEqual([0o600, 0o600, 0o600]);
    for (const name of [file, `${file}-wal`]) chmodSync(name, 0o644);
    makePrivateDatabase(file);
    expect([file, `${file}-wal`].map(modeOf)).toEqual([0o600, 0o600]);
    database.close();
  });

  it("keep their content, and a folder that is missing is no error here", () => {
    const file = join(folder, "kept.db");
    writeFileSync(file, "kept");
    makePrivateDatabase(file);
    expect(statSync(file).size).toBe(4);
    expect(() => makePrivateDatabase(join(folder, "missing/x.db"))).not.toThrow();
    expect(existsSync(join(folder, "missing"))).toBe(false);
  });
});
