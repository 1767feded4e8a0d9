import { pino } from "pino";
import { expect, it, onTestFinished, vi } from "vitest";
import type { CloudEvent } from "../../events/cloud-event.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { BrokerDatabase, type StoredEvent } from "./broker-database.ts";
import { type AddOutcome, Journal } from "./journal.ts";

/** The real file, whose transactions fail with `fault` while there is one. */
class FaultyDatabase extends BrokerDatabase {
  fault: Error | undefined;
  commits = 0;

  override transaction(work: () => void): void {
    super.transaction(() => {
      work();
      if (this.fault !== undefined) throw this.fault;
    });
    this.commits++;
  }
}

/** An error as node:sqlite has it. */
function sqliteError(message: string, errcode: number): Error {
  return Object.assign(new Error(message), { code: "ERR_SQLITE_ERROR", errcode });
}

const BROKEN_DISK = sqliteError("disk I/O error", 10);
const DEFECT = new TypeError("Cannot read properties of undefined (reading 'id')");

function openJournal({ maxBytes = 1e7 } = {}) {
  const database = new FaultyDatabase({ file: `${temporaryFolder()}/broker.db`, maxBytes });
  const queue = database.queueId("queue");
  const lines: string[] = [];
  const journal = new Journal({ database, logger: pino({}, { write: (line: string) => lines.push(line) }) });
  const add = (id: string, bytes = 10) =>
    new Promise<AddOutcome>((done) => {
      const event: CloudEvent = {
        id,
        source: "/s",
        type: "t",
        extensions: {},
        data: { kind: "bytes", bytes: Buffer.alloc(bytes) },
      };
      journal.add({ event, ttl: 255, queues: [queue], bytes, done });
    });
  const stored = async (id: string): Promise<StoredEvent> => {
    const outcome = await add(id);
    if (outcome.kind !== "stored") throw new Error(`Expected stored, got ${outcome.kind}`);
    return outcome.stored;
  };
  const waiting = () => [...database.readFresh(queue, 0)].map(({ stored: { event } }) => event.id);
  return { database, journal, queue, lines, add, stored, waiting };
}

it("writes all events of one turn in one transaction", async () => {
  const { database, add, waiting } = openJournal();
  const outcomes = await Promise.all(Array.from({ length: 50 }, (_, i) => add(`${i}`)));
  expect(outcomes.every(({ kind }) => kind === "stored")).toBe(true);
  expect(database.commits).toBe(1);
  expect(waiting()).toHaveLength(50);
});

it("writes finished deliveries with the next events, or soon when none come", async () => {
  const { database, journal, queue, stored, waiting } = openJournal();
  // With fake timers the next events come before "soon" on any machine.
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const first = await stored("1");
  journal.settle({ kind: "finished", queue, stored: first });
  const second = await stored("2");
  expect(database.commits).toBe(2);
  expect(waiting()).toEqual(["2"]);
  journal.settle({ kind: "finished", queue, stored: second });
  expect(waiting()).toEqual(["2"]);
  vi.runAllTimers();
  expect(waiting()).toEqual([]);
  expect(database.freeBytes()).toBeGreaterThan(0);
});

it("refuses an event without room and takes the others of its batch", async () => {
  const { add, journal } = openJournal({ maxBytes: 1024 * 1024 });
  const outcomes = await Promise.all([add("small"), add("large", 2_000_000), add("small too")]);
  expect(outcomes.map(({ kind }) => kind)).toEqual(["stored", "full", "stored"]);
  expect(journal.hasRoom(10)).toBe(true);
  expect(journal.hasRoom(2_000_000)).toBe(false);
});

it.each([
  ["the disk fails", BROKEN_DISK, "the disk did not take events; they are refused for now"],
  ["our own code fails", DEFECT, "events were not written: this is a defect; they are refused for now"],
])(
  "refuses events while %s, says so, and keeps finished deliveries until it can write them",
  async (_, fault, said) => {
    const { database, journal, queue, lines, add, stored, waiting } = openJournal();
    const first = await stored("1");
    const onRecovered = vi.fn();
    journal.onRecovered = onRecovered;
    database.fault = fault;
    journal.settle({ kind: "finished", queue, stored: first });
    expect(await add("2")).toEqual({ kind: "failed", isDefect: fault === DEFECT });
    expect(journal.isFailing).toBe(true);
    expect(waiting()).toEqual(["1"]);
    expect(journal.flush()).toBe(false);
    database.fault = undefined;
    await vi.waitFor(() => expect(onRecovered).toHaveBeenCalled());
    expect(waiting()).toEqual([]);
    expect((await add("3")).kind).toBe("stored");
    const messages = lines.map((line) => JSON.parse(line).msg);
    expect(new Set(messages)).toEqual(new Set([said, "events are written again"]));
  },
);

it("counts replies that wait to be written", async () => {
  const { database, journal, queue, add, stored } = openJournal({ maxBytes: 1024 * 1024 });
  const data = { kind: "bytes", bytes: Buffer.alloc(600_000) } as const;
  const event: CloudEvent = { id: "r", source: "/s", type: "t", extensions: {}, data };
  const reply = { event, ttl: 254, queues: [queue], bytes: 600_000, done: () => undefined };
  const cause = await stored("1");
  expect(journal.hasRoom(600_000)).toBe(true);
  journal.settle({ kind: "finished", queue, stored: cause, reply });
  expect(journal.hasRoom(600_000)).toBe(false);
  expect(journal.hasRoom(300_000)).toBe(true);
  expect(journal.flush()).toBe(true);
  expect(database.freeBytes()).toBeGreaterThan(0);
  expect(journal.hasRoom(300_000)).toBe(true);
  expect((await add("3", 600_000)).kind).toBe("full");
});

it("writes dead letters and retries when the quota is used up, far beyond it without what the subscriber answered", async () => {
  const { database, journal, queue, add } = openJournal({ maxBytes: 1024 * 1024 });
  const waiting: StoredEvent[] = [];
  for (let isFull = false; !isFull; ) {
    const outcomes = await Promise.all(Array.from({ length: 500 }, (_, i) => add(`${waiting.length + i}`)));
    for (const outcome of outcomes) if (outcome.kind === "stored") waiting.push(outcome.stored);
    isFull = outcomes.some(({ kind }) => kind === "full");
  }
  const sink = database.queueId("dead letters");
  const facts = { dest: "http://localhost:8081/", code: "503", data: "x".repeat(1024) };
  for (const { id } of waiting) {
    journal.settle({ kind: "retry", queue, event: id, attempts: 1, due: 1 });
    journal.settle({ kind: "moved", queue, event: id, to: sink, due: 1, facts });
    if (id % 1000 === 0) expect(journal.flush()).toBe(true);
  }
  expect(journal.flush()).toBe(true);
  const letters = [...database.readDue(sink, { due: 0, event: 0 }, 1)].map(({ delivery }) => delivery.facts);
  expect(letters).toHaveLength(waiting.length);
  expect(letters[0]).toEqual(facts);
  expect(letters.at(-1)).toEqual({ ...facts, data: "" });
  // Whole, the facts of all would take several times the quota.
  expect(database.freeBytes()).toBeGreaterThan(-1.5 * 1024 * 1024);
  expect((await add("one more")).kind).toBe("full");
  for (const stored of waiting) journal.settle({ kind: "finished", queue: sink, stored });
  expect((await add("one more")).kind).toBe("stored");
});

it("does not let events without room hold up finished deliveries", async () => {
  const { database, journal, queue, add, stored, waiting } = openJournal();
  const first = await stored("1");
  const insert = database.insert.bind(database);
  database.insert = () => {
    throw sqliteError("database or disk is full", 13);
  };
  journal.settle({ kind: "finished", queue, stored: first });
  expect((await add("2")).kind).toBe("failed");
  expect(journal.isFailing).toBe(false);
  expect(waiting()).toEqual([]);
  database.insert = insert;
  expect((await add("3")).kind).toBe("stored");
});
