import { randomBytes, randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { CloudEvent } from "../../events/cloud-event.ts";
import type { DeadLetter } from "../ports.ts";
import { StoreError } from "../store-error.ts";
import { deadLetterOf, put, seriesOf } from "../testing/dead-letters.ts";
import { HOUR, START } from "../testing/pulses.ts";
import { listAll } from "../testing/read-back.ts";
import type { Fixture, OpenDeadLetterStore } from "./subject.ts";

/** The contract of keeping dead letters. */
export function describeDeadLetters(fixture: Fixture<OpenDeadLetterStore>): void {
  describe("keeping dead letters", () => {
    it("gives back what was put", async () => {
      const deadLetter = deadLetterOf();
      await put(fixture.store, deadLetter);
      expect(await fixture.store.get(deadLetter.id)).toEqual(deadLetter);
    });

    it("knows nothing of an id that was never put", async () => {
      expect(await fixture.store.get(randomUUID())).toBeUndefined();
    });

    it("keeps a dead letter of which little is known", async () => {
      const id = randomUUID();
      const event: CloudEvent = { id: "1", source: "/a", type: "t", extensions: {}, data: { kind: "none" } };
      const deadLetter: DeadLetter = {
        id,
        event,
        reason: "unknown",
        destination: undefined,
        code: undefined,
        detail: undefined,
        time: START,
      };
      await put(fixture.store, deadLetter);
      expect(await fixture.store.get(id)).toEqual(deadLetter);
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
      const deadLetter = deadLetterOf();
      deadLetter.event.data = data;
      await put(fixture.store, deadLetter);
      const read = (await fixture.store.get(deadLetter.id))?.event.data;
      expect(read).toEqual(data);
      if (data.kind === "bytes") expect(read?.kind === "bytes" && read.bytes.equals(data.bytes)).toBe(true);
    });

    it("keeps ids, attributes and details of any text", async () => {
      const deadLetter = deadLetterOf({
        id: `${randomUUID()} ü/💓:"'\\`,
        reason: "größe ✓",
        destination: "http://[::1]:8080/ä?b=c",
        detail: "x".repeat(1024),
        code: 0,
      });
      deadLetter.event.subject = "größe 💓 \" ' \\ \n";
      deadLetter.event.extensions = { a: "", b: "ü" };
      await put(fixture.store, deadLetter);
      expect(await fixture.store.get(deadLetter.id)).toEqual(deadLetter);
    });

    it("replaces a dead letter with the same id, on whichever day it came", async () => {
      const reason = randomUUID();
      const deadLetter = deadLetterOf({ reason });
      await put(fixture.store, deadLetter);
      const again = { ...deadLetter, time: START + 26 * HOUR, code: 503, detail: "later" };
      await put(fixture.store, again);
      expect(await fixture.store.get(deadLetter.id)).toEqual(again);
      expect(await listAll(fixture.store, { reason })).toEqual([again]);
    });

    it("keeps nothing of the dead letter that it replaces", async () => {
      const deadLetter = deadLetterOf();
      await put(fixture.store, deadLetter);
      const again = {
        ...deadLetter,
        code: undefined,
        detail: undefined,
        destination: undefined,
        time: deadLetter.time + 1,
      };
      await put(fixture.store, again);
      expect(await fixture.store.get(deadLetter.id)).toEqual(again);
    });

    it("keeps a correction beside the event's data, until one without it is put", async () => {
      const deadLetter = deadLetterOf({ correction: '{"latency_ms": 1, "status": "größe 💓"}' });
      await put(fixture.store, deadLetter);
      await fixture.store.markReplayed(deadLetter.id, START + 1000);
      expect(await fixture.store.get(deadLetter.id)).toEqual({ ...deadLetter, replayedAt: START + 1000 });
      const { correction: _, ...without } = deadLetter;
      await put(fixture.store, without);
      expect(await fixture.store.get(deadLetter.id)).toEqual(without);
    });

    it("notes a replay, and forgets the replay when the dead letter comes back", async () => {
      const deadLetter = deadLetterOf();
      await put(fixture.store, deadLetter);
      await fixture.store.markReplayed(deadLetter.id, START + 1000);
      expect(await fixture.store.get(deadLetter.id)).toEqual({ ...deadLetter, replayedAt: START + 1000 });
      await fixture.store.markReplayed(deadLetter.id, START + 2000);
      expect((await fixture.store.get(deadLetter.id))?.replayedAt).toBe(START + 2000);
      await put(fixture.store, deadLetter);
      expect(await fixture.store.get(deadLetter.id)).toEqual(deadLetter);
    });

    it("does not note a replay that began before the dead letter came back", async () => {
      const deadLetter = deadLetterOf({ time: START + 1000 });
      await put(fixture.store, deadLetter);
      await fixture.store.markReplayed(deadLetter.id, START + 999);
      expect(await fixture.store.get(deadLetter.id)).toEqual(deadLetter);
    });

    it("makes no dead letter of a replay of an unknown id", async () => {
      const id = randomUUID();
      await fixture.store.markReplayed(id, START);
      expect(await fixture.store.get(id)).toBeUndefined();
    });

    it("keeps dead letters that arrive at once", async () => {
      const reason = randomUUID();
      const deadLetters = seriesOf(50, reason);
      await Promise.all(deadLetters.map((deadLetter) => put(fixture.store, deadLetter)));
      expect((await listAll(fixture.store, { reason })).map(({ id }) => id)).toEqual(
        deadLetters.map(({ id }) => id).reverse(),
      );
    });
  });

  describe("its lifecycle", () => {
    it("has kept everything when it opens again, and answers retry once it is closed", async () => {
      const { store, reopen } = await fixture.open();
      const deadLetter = deadLetterOf();
      await store.check();
      await put(store, deadLetter);
      await store.markReplayed(deadLetter.id, START + 1);
      await Promise.all([store.close(), store.close()]);
      expect(await store.put(deadLetter)).toMatchObject({ kind: "retry", reason: expect.any(String) });
      await expect(store.check()).rejects.toThrow(/Expected/);
      await expect(store.get("a")).rejects.toBeInstanceOf(StoreError);
      await expect(store.list({}, 1)).rejects.toBeInstanceOf(StoreError);
      await expect(store.countWaiting(1)).rejects.toBeInstanceOf(StoreError);
      const again = await reopen();
      expect(await again.get(deadLetter.id)).toEqual({ ...deadLetter, replayedAt: START + 1 });
      await again.close();
    });
  });
}
