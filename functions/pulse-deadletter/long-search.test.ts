// A store of many dead letters, of which a request means few.
import { beforeEach, describe, expect, it } from "vitest";
import { deadLetterOf } from "../../storage/testing/dead-letters.ts";
import { broker, clock, fn, list, reopen, replay, store } from "../testing/dead-letter-function.ts";
import { servicesOf } from "./dead-letter.ts";
import { listDeadLetters } from "./selection.ts";

const PAGE = 20;

/** Keeps dead letters of one service, each a millisecond older than the one before. */
async function keep(count: number, service: string, pulses = 1): Promise<void> {
  const bytes = Buffer.from(JSON.stringify({ pulses: Array(pulses).fill({ service_name: service }) }));
  const kept = Array.from({ length: count }, () => {
    const deadLetter = deadLetterOf({ reason: "unavailable", time: --clock.now });
    deadLetter.event.subject = service;
    deadLetter.event.extensions = {};
    deadLetter.event.data = { kind: "bytes", bytes };
    return store.put(deadLetter);
  });
  for (const outcome of await Promise.all(kept)) expect(outcome.kind).toBe("stored");
}

describe("between two pages of a search", () => {
  /** Pages that were read by now. */
  let read = 0;
  /** Does something once others have their turn after the first page. */
  let atNextTurn = () => {};

  beforeEach(async () => {
    read = 0;
    const list = (...asked: Parameters<typeof store.list>) => {
      if (++read === 1) setImmediate(() => atNextTurn());
      return store.list(...asked);
    };
    await reopen({ store: { list, close: () => store.close() } as unknown as typeof store });
    await keep(15 * PAGE, "other");
  });

  it("others have their turn while dead letters are listed", async () => {
    let readBefore = 0;
    atNextTurn = () => {
      readBefore = read;
    };
    expect(await list("?service=none")).toEqual([]);
    expect(readBefore).toBeGreaterThan(0);
    expect(readBefore).toBeLessThan(5);
    expect(read).toBe(15);
  });

  it("a replay hears that the function stops", async () => {
    atNextTurn = () => fn.onDrain?.();
    const { status, body } = await replay("/dead-letters/replay?service=none");
    expect([status, body.detail]).toEqual([503, expect.stringContaining("stopping")]);
    expect(read).toBeLessThan(5);
  });
});

it("others have their turn between two large events of a page", async () => {
  await keep(PAGE, "other", 15_000);
  let turns = 0;
  const nextTurn = async () => void turns++;
  const isMeant = ({ event }: Parameters<typeof store.put>[0]) => servicesOf(event).has("none");
  const page = await listDeadLetters(store, { filter: {}, isMeant }, 10, undefined, { nextTurn });
  expect(page).toEqual({ ok: true, value: { deadLetters: [] } });
  expect(turns).toBeGreaterThan(1);
});

it("a search that is given up ends", async () => {
  await keep(3 * PAGE, "other");
  const giveUp = new AbortController();
  const share = { signal: giveUp.signal, nextTurn: async () => giveUp.abort() };
  const listed = listDeadLetters(store, { filter: {}, isMeant: () => false }, 10, undefined, share);
  await expect(listed).rejects.toThrow("aborted");
});

describe("a replay of many", () => {
  it("counts a thousand of those that remain", async () => {
    await keep(55 * PAGE, "other");
    const { body } = await replay("/dead-letters/replay?limit=20");
    expect(body).toEqual({ replayed: 20, failed: 0, remaining: 1000, is_more: true });
  });

  it("passes over ten thousand dead letters of others, and finds those that come after them by their time", async () => {
    await keep(501 * PAGE, "other");
    const oldest = clock.now;
    await keep(1, "wanted");
    const passed = await replay("/dead-letters/replay?service=wanted");
    expect(passed.body).toEqual({ replayed: 0, failed: 0, remaining: 0, is_more: true });
    const found = await replay(`/dead-letters/replay?service=wanted&to=${oldest}`);
    expect(found.body).toEqual({ replayed: 1, failed: 0, remaining: 0, is_more: false });
    expect(broker.received).toHaveLength(1);
  });
});
