import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { deadLetterOf } from "../testing/dead-letters.ts";
import { HOUR, START } from "../testing/pulses.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { openSqliteDeadLetterStore, type SqliteDeadLetterStore } from "./dead-letter-store.ts";
import type { SqliteStoreOptions } from "./store-file.ts";

const MIB = 1024 * 1024;
let file: string;

beforeEach(() => {
  file = join(temporaryFolder(), "dead-letters.db");
});

function open(options: Partial<SqliteStoreOptions> = {}): SqliteDeadLetterStore {
  const store = openSqliteDeadLetterStore({ file, maxBytes: 64 * MIB, retentionMs: 720 * HOUR, ...options });
  onTestFinished(() => store.close());
  return store;
}

it("answers retry when it is full, keeps what it has, and can be opened with more room", async () => {
  const small = open({ maxBytes: MIB });
  const deadLetters = Array.from({ length: 40 }, () => deadLetterOf({ detail: "x".repeat(50_000) }));
  const kinds: string[] = [];
  for (const deadLetter of deadLetters) kinds.push((await small.put(deadLetter)).kind);
  const kept = kinds.indexOf("retry");
  expect(kept).toBeGreaterThan(5);
  expect(await small.get(deadLetters[kept - 1]?.id ?? "")).toEqual(deadLetters[kept - 1]);
  expect(await small.get(deadLetters[kept]?.id ?? "")).toBeUndefined();
  await small.close();
  const large = open();
  for (const deadLetter of deadLetters) expect(await large.put(deadLetter)).toEqual({ kind: "stored" });
});

it("hides a dead letter at the moment when it is too old, then deletes it", async () => {
  let now = START;
  const store = open({ retentionMs: HOUR, purgeEveryMs: 5, now: () => now });
  const [old, young] = [deadLetterOf(), deadLetterOf({ time: START + HOUR })];
  await store.put(old);
  await store.put(young);
  expect(await store.list({}, 10)).toEqual({ ok: true, value: { deadLetters: [young, old] } });
  now = START + HOUR + 1;
  expect(await store.get(old.id)).toBeUndefined();
  expect(await store.list({ span: { from: 0, to: now } }, 10)).toEqual({ ok: true, value: { deadLetters: [young] } });
  const raw = new DatabaseSync(file);
  const count = () => raw.prepare("SELECT count(*) AS count FROM dead_letters").get()?.count;
  await vi.waitFor(() => expect(count()).toBe(1), { interval: 5 });
  raw.close();
});

it("commits what arrives in one turn of the event loop together, and says so", async () => {
  const onBatch = vi.fn();
  const store = open({ onBatch });
  const puts = [deadLetterOf(), deadLetterOf(), deadLetterOf()].map((deadLetter) => store.put(deadLetter));
  expect(store.queuedRows).toBe(3);
  await Promise.all(puts);
  expect(store.queuedRows).toBe(0);
  expect(onBatch.mock.calls).toEqual([[{ rows: 3, durationMs: expect.any(Number), outcome: "stored" }]]);
});

it("notes the replay of a dead letter that came in the same turn", async () => {
  const store = open();
  const deadLetter = deadLetterOf();
  await Promise.all([store.put(deadLetter), store.markReplayed(deadLetter.id, START)]);
  expect((await store.get(deadLetter.id))?.replayedAt).toBe(START);
});

it("refuses to note a replay and to be read once it is closed", async () => {
  const store = open();
  await store.close();
  await expect(store.markReplayed("a", START)).rejects.toThrow(
    'Expected to note the replay of dead letter a, got "The store is closed"',
  );
  await expect(store.get("a")).rejects.toThrow(/to be open, got a closed one/);
  await expect(store.list({}, 1)).rejects.toThrow(/to be open, got a closed one/);
});
