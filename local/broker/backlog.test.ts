import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { pino } from "pino";
import { expect, it } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { Backlog } from "./backlog.ts";
import { BrokerDatabase, type Delivery } from "./broker-database.ts";
import { Journal } from "./journal.ts";

const KB = 1000;

function openBacklog(events: number, { maxMemoryBytes = 1e6, bytes = 10 * KB } = {}) {
  const database = new BrokerDatabase({ file: `${temporaryFolder()}/broker.db`, maxBytes: 1e8 });
  const journal = new Journal({ database, logger: pino({ level: "silent" }) });
  const queue = database.queueId("queue");
  database.transaction(() => {
    for (let i = 0; i < events; i++) {
      const data = { kind: "bytes", bytes: Buffer.alloc(bytes) } as const;
      database.insert({ id: `${i}`, source: "/s", type: "t", extensions: {}, data }, 255, [queue]);
    }
  });
  const backlog = new Backlog({ queue, database, journal, maxMemoryBytes, isBehind: true, maxBackoffMs: 1000 });
  return { backlog, database, journal, queue };
}

function takeAll(backlog: Backlog): Delivery[] {
  const taken: Delivery[] = [];
  for (let next = backlog.take(); next !== undefined; next = backlog.take()) {
    taken.push(next);
    backlog.release(next);
  }
  return taken;
}

it("gives every delivery of the file once, in the order of the events", () => {
  const { backlog } = openBacklog(1500, { bytes: 10 });
  const ids = takeAll(backlog).map(({ stored }) => stored.event.id);
  expect(ids).toEqual(Array.from({ length: 1500 }, (_, i) => `${i}`));
  expect(backlog.memoryBytes).toBe(0);
  expect(backlog.take()).toBeUndefined();
});

it("gives no more than memory may hold until a delivery is released", () => {
  const { backlog } = openBacklog(100, { maxMemoryBytes: 50 * KB });
  const taken: Delivery[] = [];
  for (let next = backlog.take(); next !== undefined; next = backlog.take()) taken.push(next);
  expect(taken).toHaveLength(5);
  expect(backlog.memoryBytes).toBeLessThanOrEqual(50 * KB + 12 * KB);
  backlog.release(taken[0] as Delivery);
  expect(backlog.take()?.stored.event.id).toBe("5");
});

it("holds no bytes of deliveries that were taken", async () => {
  const { backlog } = openBacklog(50);
  const bodies = Array.from({ length: 40 }, () => {
    const delivery = backlog.take() as Delivery;
    backlog.release(delivery);
    return new WeakRef(delivery.stored);
  });
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  await new Promise(setImmediate); // a WeakRef keeps its object for the turn in which it was made
  collectGarbage();
  expect(bodies.filter((body) => body.deref() !== undefined)).toEqual([]);
});

it("gives a failed delivery again when it is due, and not before", async () => {
  const { backlog, journal, queue } = openBacklog(2);
  const [first] = takeAll(backlog);
  const event = (first as Delivery).stored.id;
  journal.settle({ kind: "retry", queue, event, attempts: 3, due: backlog.dueAfter(60_000) });
  expect(backlog.take()).toBeUndefined();
  expect(backlog.dueInMs).toBeGreaterThan(55_000);
  journal.settle({ kind: "retry", queue, event, attempts: 4, due: backlog.dueAfter(0) });
  expect(backlog.take()).toMatchObject({ attempts: 4, stored: { id: event } });
  expect(backlog.dueInMs).toBe(Number.POSITIVE_INFINITY);
});

it("does not wait long after the clock was set back", () => {
  const { database, journal, queue } = openBacklog(1);
  database.retry(queue, 1, 1, Date.now() + 3_600_000);
  const backlog = new Backlog({ queue, database, journal, maxMemoryBytes: 1e6, isBehind: true, maxBackoffMs: 1000 });
  expect(backlog.dueInMs).toBeLessThanOrEqual(1000);
});
