import { describe, expect, it, vi } from "vitest";
import type { WriteOutcome } from "../ports.ts";
import type { DriverFailure, WriteFailure } from "./driver-failure.ts";
import { type Partition, type WaitingRow, WriteGroup, WriteQueue, type WriteQueueOptions } from "./write-queue.ts";

const AWAY: DriverFailure = { outcome: { kind: "retry", reason: "away", retryAfterMs: 1 }, about: "away" };
const LOAD: DriverFailure = { outcome: { kind: "retry", reason: "load", retryAfterMs: 1 }, about: "load" };
const REJECTED: DriverFailure = { outcome: { kind: "rejected", reason: "no" }, about: "rows" };
const DEFECT: WriteFailure = { outcome: { kind: "defect", error: new TypeError("a defect") }, about: "defect" };

type Row = Omit<WaitingRow, "group">;

function rowOf(id: string, bytes = 100): Row {
  return { pulse: { service_name: "s", event_time: 0, latency_ms: 1, status: "ok", id, source: "/" }, time: 0, bytes };
}

interface Sent {
  partition: Partition;
  ids: string[];
  answer(failure?: WriteFailure): void;
}

function setUp(options: Partial<WriteQueueOptions> = {}) {
  const sent: Sent[] = [];
  const queue = new WriteQueue({
    send: (partition, rows) =>
      new Promise((answer) => sent.push({ partition, ids: rows.map(({ pulse }) => pulse.id), answer })),
    maxInFlight: 4,
    maxInFlightPerPartition: 1,
    maxBatchBytes: 1000,
    maxWaitMs: 60_000,
    ...options,
  });
  const write = (service: string, ...rows: Row[]): Promise<WriteOutcome> =>
    new Promise((answer, fail) => {
      const group = new WriteGroup(rows.length, answer, fail);
      for (const row of rows) queue.add(service, 0, { ...row, group });
    });
  const turn = () => new Promise(setImmediate);
  return { sent, queue, write, turn };
}

describe("the write queue", () => {
  it("sends the rows of one turn together, by partition", async () => {
    const { sent, write, turn } = setUp();
    void write("a", rowOf("1"));
    void write("b", rowOf("2"));
    void write("a", rowOf("3"));
    await turn();
    expect(sent.map(({ partition, ids }) => [partition.service, ids])).toEqual([
      ["a", ["1", "3"]],
      ["b", ["2"]],
    ]);
  });

  it("gathers rows while a batch of their partition is on its way, up to the bytes of one batch", async () => {
    const { sent, write, turn } = setUp();
    void write("a", rowOf("first"));
    await turn();
    for (let i = 0; i < 15; i++) void write("a", rowOf(String(i)));
    await turn();
    expect(sent).toHaveLength(1);
    sent[0]?.answer();
    await turn();
    expect(sent[1]?.ids).toHaveLength(10);
    sent[1]?.answer();
    await turn();
    expect(sent[2]?.ids).toHaveLength(5);
  });

  it("keeps to its number of batches under way, and takes partitions in turn", async () => {
    const { sent, write, turn } = setUp({ maxInFlight: 2 });
    for (const service of ["a", "b", "c"]) void write(service, rowOf(service));
    await turn();
    void write("a", rowOf("a2"));
    await turn();
    expect(sent.map(({ ids }) => ids[0])).toEqual(["a", "b"]);
    sent[0]?.answer();
    await turn();
    expect(sent.map(({ ids }) => ids[0])).toEqual(["a", "b", "c"]);
    sent[1]?.answer();
    await turn();
    expect(sent.map(({ ids }) => ids[0])).toEqual(["a", "b", "c", "a2"]);
  });

  it("answers a write with the worst outcome of its rows", async () => {
    const { sent, write, turn } = setUp();
    const first = write("a", rowOf("1", 900), rowOf("2", 900), rowOf("3", 900));
    const second = write("b", rowOf("4", 900), rowOf("5", 900));
    await turn();
    for (const failure of [REJECTED, undefined, LOAD, REJECTED, undefined]) {
      sent.shift()?.answer(failure);
      await turn();
    }
    expect(await first).toEqual(LOAD.outcome);
    expect(await second).toEqual(REJECTED.outcome);
  });

  it("fails a write by a defect once all its rows are settled, and no other write", async () => {
    const outcomes: string[] = [];
    const { sent, queue, write, turn } = setUp({ onBatch: ({ outcome }) => outcomes.push(outcome) });
    const first = write("a", rowOf("1"), rowOf("2", 1000));
    const second = write("b", rowOf("3"));
    void first.catch(() => outcomes.push("failed"));
    await turn();
    for (const failure of [DEFECT, undefined, LOAD]) {
      sent.shift()?.answer(failure);
      await turn();
    }
    await expect(first).rejects.toThrow("a defect");
    expect(await second).toEqual({ kind: "stored" });
    expect(outcomes).toEqual(["defect", "stored", "retry", "failed"]);
    expect(queue.queuedRows).toBe(0);
  });

  it("gives back all rows that wait when no node answers", async () => {
    const { sent, queue, write, turn } = setUp({ maxInFlight: 1 });
    const outcomes = [write("a", rowOf("1")), write("b", rowOf("2"), rowOf("3"))];
    await turn();
    outcomes.push(write("a", rowOf("4")));
    sent[0]?.answer(AWAY);
    expect(await Promise.all(outcomes)).toEqual([AWAY.outcome, AWAY.outcome, AWAY.outcome]);
    expect(queue.queuedRows).toBe(0);
    // A write that comes later is sent again.
    const next = write("b", rowOf("5"));
    await vi.waitFor(() => expect(sent).toHaveLength(2));
    sent[1]?.answer();
    expect(await next).toEqual({ kind: "stored" });
  });

  it("gives back a row that has waited too long instead of sending it", async () => {
    const { sent, queue, write, turn } = setUp({ maxWaitMs: -1 });
    expect(await write("a", rowOf("1"))).toMatchObject({ kind: "retry", reason: /too slow/ });
    await turn();
    expect(sent).toEqual([]);
    expect(queue.queuedRows).toBe(0);
  });

  it("sends a refused batch again in halves, and rejects a row that is too large alone", async () => {
    const { sent, write, turn } = setUp();
    const tooLarge: DriverFailure = { ...REJECTED, about: "size" };
    const outcome = write("a", rowOf("1"), rowOf("2"), rowOf("3"), rowOf("4"));
    await turn();
    sent[0]?.answer(tooLarge);
    await turn();
    expect(sent[1]?.ids).toEqual(["1", "2"]);
    sent[1]?.answer();
    await turn();
    sent[2]?.answer(tooLarge);
    await turn();
    sent[3]?.answer(tooLarge);
    await turn();
    sent[4]?.answer();
    expect(await outcome).toEqual(REJECTED.outcome);
    expect(sent.map(({ ids }) => ids)).toEqual([["1", "2", "3", "4"], ["1", "2"], ["3", "4"], ["3"], ["4"]]);
  });

  it("keeps every row and the order of thousands that come while it sends", async () => {
    const { sent, queue, write, turn } = setUp({ maxBatchBytes: 20_000 });
    const outcomes = [];
    for (let i = 0; i < 6000; i++) {
      outcomes.push(write("a", rowOf(String(i))));
      if (i % 500 === 0) {
        await turn();
        sent.at(-1)?.answer();
      }
    }
    for (let n = 0; queue.queuedRows > 0; n++) {
      sent[n]?.answer();
      await turn();
    }
    expect(new Set((await Promise.all(outcomes)).map(({ kind }) => kind))).toEqual(new Set(["stored"]));
    expect(sent.flatMap(({ ids }) => ids)).toEqual(Array.from({ length: 6000 }, (_, i) => String(i)));
  });
});
