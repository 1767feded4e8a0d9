import { randomBytes, randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { CloudEvent } from "../../events/cloud-event.ts";
import type { DeadLetter, DeadLetterFilter, DeadLetterStore } from "../ports.ts";
import { HOUR, letterOf, START } from "./data.ts";
import type { Bench, LetterStore } from "./suite.ts";

/** The contract of the dead-letter store; a test finds its own letters by a reason of its own. */
export function describeLetters(bench: Bench<LetterStore>): void {
  describe("keeping letters", () => {
    it("gives back what was put", async () => {
      const letter = letterOf();
      await put(bench.store, letter);
      expect(await bench.store.get(letter.id)).toEqual(letter);
    });

    it("knows nothing of an id that was never put", async () => {
      expect(await bench.store.get(randomUUID())).toBeUndefined();
    });

    it("keeps a letter of which little is known", async () => {
      const id = randomUUID();
      const event: CloudEvent = { id: "1", source: "/a", type: "t", extensions: {}, data: { kind: "none" } };
      const letter: DeadLetter = {
        id,
        event,
        reason: "unknown",
        destination: undefined,
        code: undefined,
        detail: undefined,
        time: START,
      };
      await put(bench.store, letter);
      expect(await bench.store.get(id)).toEqual(letter);
    });

    it.each<[string, CloudEvent["data"]]>([
      ["every byte there is", { kind: "bytes", bytes: Buffer.from(Array.from({ length: 256 }, (_, i) => i)) }],
      ["no bytes", { kind: "bytes", bytes: Buffer.alloc(0) }],
      ["512 kB that do not compress", { kind: "bytes", bytes: randomBytes(512_000) }],
      ["JSON", { kind: "json", value: { a: [1, "größe 💓", null, { b: true }], c: 0.1 } }],
      ["JSON null", { kind: "json", value: null }],
      ["JSON text", { kind: "json", value: "text" }],
      ["no data", { kind: "none" }],
    ])("keeps an event's data to the byte: %s", async (_, data) => {
      const letter = letterOf();
      letter.event.data = data;
      await put(bench.store, letter);
      const read = (await bench.store.get(letter.id))?.event.data;
      expect(read).toEqual(data);
      if (data.kind === "bytes") expect(read?.kind === "bytes" && read.bytes.equals(data.bytes)).toBe(true);
    });

    it("keeps ids, attributes and details of any text", async () => {
      const letter = letterOf({
        id: `${randomUUID()} ü/💓:"'\\`,
        reason: "größe ✓",
        destination: "http://[::1]:8080/ä?b=c",
        detail: "x".repeat(1024),
        code: 0,
      });
      letter.event.subject = "größe 💓 \" ' \\ \n";
      letter.event.extensions = { a: "", b: "ü" };
      await put(bench.store, letter);
      expect(await bench.store.get(letter.id)).toEqual(letter);
    });

    it("replaces a letter with the same id, wherever in time it was", async () => {
      const reason = randomUUID();
      const letter = letterOf({ reason });
      await put(bench.store, letter);
      const again = { ...letter, time: START + 26 * HOUR, code: 503, detail: "later" };
      await put(bench.store, again);
      expect(await bench.store.get(letter.id)).toEqual(again);
      expect(await listAll(bench.store, { reason })).toEqual([again]);
    });

    it("loses what the former letter knew and the next does not", async () => {
      const letter = letterOf();
      await put(bench.store, letter);
      const again = { ...letter, code: undefined, detail: undefined, destination: undefined, time: letter.time + 1 };
      await put(bench.store, again);
      expect(await bench.store.get(letter.id)).toEqual(again);
    });

    it("notes a replay, and forgets it when the letter comes back", async () => {
      const letter = letterOf();
      await put(bench.store, letter);
      await bench.store.markReplayed(letter.id, START + 1000);
      expect(await bench.store.get(letter.id)).toEqual({ ...letter, replayedAt: START + 1000 });
      await bench.store.markReplayed(letter.id, START + 2000);
      expect((await bench.store.get(letter.id))?.replayedAt).toBe(START + 2000);
      await put(bench.store, letter);
      expect(await bench.store.get(letter.id)).toEqual(letter);
    });

    it("does not note a replay that began before the letter came back", async () => {
      const letter = letterOf({ time: START + 1000 });
      await put(bench.store, letter);
      await bench.store.markReplayed(letter.id, START + 999);
      expect(await bench.store.get(letter.id)).toEqual(letter);
    });

    it("makes no letter of a replay of an unknown id", async () => {
      const id = randomUUID();
      await bench.store.markReplayed(id, START);
      expect(await bench.store.get(id)).toBeUndefined();
    });

    it("keeps letters that are put at once", async () => {
      const reason = randomUUID();
      const letters = seriesOf(50, reason);
      await Promise.all(letters.map((letter) => put(bench.store, letter)));
      expect((await listAll(bench.store, { reason })).map(({ id }) => id)).toEqual(
        letters.map(({ id }) => id).reverse(),
      );
    });
  });

  describe("listing letters", () => {
    it("has the newest first, over days, however they were put", async () => {
      const reason = randomUUID();
      const letters = seriesOf(12, reason, 5 * HOUR);
      for (const i of [3, 0, 11, 5, 4, 10, 1, 2, 9, 8, 7, 6]) await put(bench.store, letters[i] as DeadLetter);
      expect(await listAll(bench.store, { reason })).toEqual(letters.toReversed());
    });

    it.each([1, 5, 12])(
      "shows every letter once over pages of %i, also those of the same millisecond",
      async (limit) => {
        const reason = randomUUID();
        const letters = [...seriesOf(7, reason, 9 * HOUR), ...Array.from({ length: 5 }, () => letterOf({ reason }))];
        for (const letter of letters) await put(bench.store, letter);
        const read = await listAll(bench.store, { reason }, limit);
        expect(read.map(({ id }) => id).sort()).toEqual(letters.map(({ id }) => id).sort());
        expect(read.map(({ time }) => time)).toEqual(letters.map(({ time }) => time).sort((a, b) => b - a));
      },
    );

    it("filters by reason, span and replay, each alone and all together", async () => {
      const reason = randomUUID();
      const letters = seriesOf(6, reason);
      for (const letter of letters) await put(bench.store, letter);
      await put(bench.store, letterOf({ reason: randomUUID(), time: START + 2 }));
      for (const i of [1, 2, 5]) await bench.store.markReplayed(letters[i]?.id ?? "", START + HOUR);
      const indices = async (filter: DeadLetterFilter) => {
        const read = await listAll(bench.store, filter);
        return read.map(({ id }) => letters.findIndex((letter) => letter.id === id)).filter((i) => i >= 0);
      };
      const span = { from: START + 1, to: START + 5 };
      expect(await indices({})).toEqual([5, 4, 3, 2, 1, 0]);
      expect(await indices({ span })).toEqual([4, 3, 2, 1]);
      expect(await indices({ isReplayed: true })).toEqual([5, 2, 1]);
      expect(await indices({ isReplayed: false })).toEqual([4, 3, 0]);
      expect(await listAll(bench.store, { reason })).toHaveLength(6);
      expect(await listAll(bench.store, { reason, span, isReplayed: true }, 1)).toEqual(
        [2, 1].map((i) => ({ ...letters[i], replayedAt: START + HOUR })),
      );
      expect(await listAll(bench.store, { reason: randomUUID() })).toEqual([]);
      expect(await listAll(bench.store, { reason, span: { from: START + 3, to: START + 3 } })).toEqual([]);
    });

    it("goes on after the last letter shown while others are put", async () => {
      const reason = randomUUID();
      const letters = seriesOf(4, reason);
      for (const letter of letters) await put(bench.store, letter);
      const first = await bench.store.list({ reason }, 2);
      await put(bench.store, letterOf({ reason, time: START + HOUR }));
      const rest = await bench.store.list({ reason }, 10, first.ok ? first.value.cursor : undefined);
      expect(rest).toEqual({ ok: true, value: { letters: [letters[1], letters[0]] } });
    });

    it.each(["", "0", "abc", "W10", "eyJhIjoxfQ", "💓"])(
      "refuses a cursor that it did not make (%#)",
      async (cursor) => {
        const page = await bench.store.list({}, 10, cursor);
        expect(page).toMatchObject({
          ok: false,
          faults: [{ pointer: "/cursor", rule: expect.stringMatching(/^Expected/) }],
        });
      },
    );
  });

  describe("its life", () => {
    it("has kept everything when it is opened again, and answers retry once it is closed", async () => {
      const { store, reopen } = await bench.open();
      const letter = letterOf();
      await store.check();
      await put(store, letter);
      await store.markReplayed(letter.id, START + 1);
      await Promise.all([store.close(), store.close()]);
      expect(await store.put(letter)).toMatchObject({ kind: "retry", reason: expect.any(String) });
      await expect(store.check()).rejects.toThrow(/Expected/);
      const again = await reopen();
      expect(await again.get(letter.id)).toEqual({ ...letter, replayedAt: START + 1 });
      await again.close();
    });
  });
}

async function put(store: DeadLetterStore, letter: DeadLetter): Promise<void> {
  expect(await store.put(letter)).toEqual({ kind: "stored" });
}

function seriesOf(count: number, reason: string, stepMs = 1): DeadLetter[] {
  return Array.from({ length: count }, (_, i) => letterOf({ reason, time: START + i * stepMs }));
}

async function listAll(store: DeadLetterStore, filter: DeadLetterFilter, limit = 100): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.list(filter, limit, cursor);
    if (!page.ok) throw new Error(`Expected a page, got ${JSON.stringify(page.faults)}`);
    expect(page.value.letters.length).toBeLessThanOrEqual(limit);
    letters.push(...page.value.letters);
    cursor = page.value.cursor;
  } while (cursor !== undefined);
  return letters;
}
