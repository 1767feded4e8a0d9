import { pino } from "pino";
import { expect, it, onTestFinished, vi } from "vitest";
import type { CloudEvent } from "../../events/cloud-event.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { BrokerDatabase, type StoredEvent } from "./broker-database.ts";
import { type AddOutcome, Journal } from "./journal.ts";

/** The real file, on a disk that fails while `isBroken` is set. */
class FaultyDatabase extends BrokerDatabase {
  isBroken = false;
  commits = 0;

  override transaction(work: () => void): void {
    super.transaction(() => {
      work();
      if (this.isBroken) throw new Error("disk I/O error");
    });
    this.commits++;
  }
}

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

it("refuses events while the disk fails, and keeps finished deliveries until it can write them", async () => {
  const { database, journal, queue, lines, add, stored, waiting } = openJournal();
  const first = await stored("1");
  const onRecovered = vi.fn();
  journal.onRecovered = onRecovered;
  database.isBroken = true;
  journal.settle({ kind: "finished", queue, stored: first });
  expect((await add("2")).kind).toBe("failed");
  expect(journal.isFailing).toBe(true);
  expect(waiting()).toEqual(["1"]);
  expect(journal.flush()).toBe(false);
  database.isBroken = false;
  await vi.waitFor(() => expect(onRecovered).toHaveBeenCalled());
  expect(waiting()).toEqual([]);
  expect((await add("3")).kind).toBe("stored");
  expect(lines.join("")).toMatch(/did not take[\s\S]*takes events again/);
});

it("does not let events without room hold up finished deliveries", async () => {
  const { database, journal, queue, add, stored, waiting } = openJournal();
  const first = await stored("1");
  const insert = database.insert.bind(database);
  database.insert = () => {
    throw new Error("database or disk is full");
  };
  journal.settle({ kind: "finished", queue, stored: first });
  expect((await add("2")).kind).toBe("failed");
  expect(journal.isFailing).toBe(false);
  expect(waiting()).toEqual([]);
  database.insert = insert;
  expect((await add("3")).kind).toBe("stored");
});
