import { once } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, it } from "vitest";
import { LIVE_DEFAULTS, Live } from "./live.ts";
import type { LiveEvent } from "./live-pieces.ts";
import { Unread, type UnreadStream } from "./unread.ts";

const KIB = 1024;
const piecesOf = (count: number) => Array.from({ length: count }, () => Buffer.alloc(100 * KIB));
const areEnded = (streams: readonly UnreadStream[]) => streams.map(({ readable }) => readable.destroyed);

it("what streams share counts once, and until the last of them has it", async () => {
  const unread = new Unread();
  const [one, other] = [unread.open("a"), unread.open("b")];
  const pieces = piecesOf(3);
  one.push(pieces);
  other.push(pieces);
  expect([unread.bytes, one.bytes, other.bytes]).toEqual([300 * KIB, 300 * KIB, 300 * KIB]);
  const taken: Buffer[] = [];
  one.readable.on("data", (piece) => taken.push(piece));
  one.end();
  await once(one.readable, "end");
  expect([taken, unread.bytes, one.bytes]).toEqual([pieces, 300 * KIB, 0]);
  other.readable.destroy();
  await once(other.readable, "close");
  expect(unread.bytes).toBe(0);
});

it("of the client that leaves most unread, the newest stream ends", () => {
  const unread = new Unread(1000 * KIB);
  const open = (client: string, pieces: number) => {
    const stream = unread.open(client);
    stream.push(piecesOf(pieces));
    unread.shed();
    return stream;
  };
  const polite = open("polite", 4);
  const greedy = [3, 3, 3, 3].map((pieces) => open("greedy", pieces));
  expect(areEnded(greedy)).toEqual([false, false, true, true]);
  const newcomer = open("newcomer", 2);
  expect(areEnded([polite, ...greedy.slice(0, 2), newcomer])).toEqual([false, false, true, false]);
  expect(unread.bytes).toBe(900 * KIB);
});

it("what is kept to be shared goes before a stream ends, unless one waits for it", () => {
  const unread = new Unread(1000 * KIB);
  const forgotten: string[] = [];
  const [spare, shared] = [piecesOf(5), piecesOf(3)];
  unread.keep(spare, () => forgotten.push("spare"));
  unread.keep(shared, () => forgotten.push("shared"));
  const stream = unread.open("a");
  stream.push(shared);
  unread.open("b").push(piecesOf(3));
  unread.shed();
  expect([forgotten, stream.readable.destroyed, unread.bytes]).toEqual([["spare"], false, 600 * KIB]);
  unread.forget(shared);
  unread.forget(shared);
  expect(forgotten).toEqual(["spare", "shared"]);
});

it("bounds the beginnings of streams, whatever ids they follow, and those that are kept to be shared", async () => {
  const unread = new Unread(1000 * KIB);
  const event: LiveEvent = { event: "pulse", data: { text: "a".repeat(100 * KIB) } };
  const source = {
    look: async () => [],
    begin: () => [event],
    readyEvent: (): LiveEvent => ({ event: "ready", data: {} }),
  };
  const live = new Live(source, { ...LIVE_DEFAULTS, explain: async () => "", pollMs: 60_000, unread });
  const polite = live.listen("", undefined, "polite");
  const greedy = Array.from({ length: 50 }, (_, i) => live.listen(`${i}`, undefined, "greedy"));
  await nextTurn();
  for (let i = 50; i < 100; i++) greedy.push(live.listen(`${i}`, undefined, "greedy"));
  expect(unread.bytes).toBeLessThanOrEqual(1000 * KIB);
  expect(polite.destroyed).toBe(false);
  expect(greedy.filter(({ destroyed }) => !destroyed).length).toBeLessThan(10);
  const shared = Array.from({ length: 50 }, () => live.listen("", undefined, "wall"));
  expect(shared.some(({ destroyed }) => destroyed)).toBe(false);
  live.end();
  for (const stream of [polite, ...greedy, ...shared]) stream.destroy();
  await nextTurn();
  expect(unread.bytes).toBe(0);
});
