import { expect, it } from "vitest";
import type { Asker } from "../../http/places.ts";
import { SharedAnswers } from "./shared-answers.ts";

/** Who asks, by its name; it stays unless the test gives a signal. */
const by = (client: string, gone = new AbortController().signal): Asker => ({ client: () => client, gone: () => gone });
const untilAborted = (signal: AbortSignal) =>
  new Promise<string>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });

it("gives the same answer to all who ask the same within a second", async () => {
  let now = 0;
  let made = 0;
  const shared = new SharedAnswers<number>(8, 0, () => now);
  const ask = (key: string) => shared.get(key, by("me"), async () => ++made);
  expect(await Promise.all([ask("a"), ask("a"), ask("b")])).toEqual([1, 1, 2]);
  now = 999;
  expect(await ask("a")).toBe(1);
  now = 1000;
  expect(await ask("a")).toBe(3);
});

it("gives nobody an answer that was begun more than a second before, however long it takes", async () => {
  let now = 0;
  let begun = 0;
  const shared = new SharedAnswers<number>(1, 2, () => now);
  const { promise: free, resolve: letGo } = Promise.withResolvers<void>();
  const ask = (key: string, until?: Promise<void>) =>
    shared.get(key, by("me"), async () => {
      const one = ++begun;
      await until;
      return one;
    });
  const long = ask("a", free);
  await expect.poll(() => begun).toBe(1);
  now = 999;
  const sharing = ask("a");
  now = 1000;
  const next = ask("a");
  // The next answer waits for its place, so all who ask meanwhile share it.
  now = 9000;
  const sharingNext = ask("a");
  letGo();
  expect(await Promise.all([long, sharing, next, sharingNext])).toEqual([1, 1, 2, 2]);
});

it("makes the answer again after a failure", async () => {
  const shared = new SharedAnswers<string>(8, 0, () => 0);
  await expect(shared.get("a", by("me"), () => Promise.reject(new Error("away")))).rejects.toThrow("away");
  expect(await shared.get("a", by("me"), async () => "back")).toBe("back");
});

it("keeps a bounded number of answers", async () => {
  let made = 0;
  const shared = new SharedAnswers<number>(8, 0, () => 0);
  const ask = (key: number) => shared.get(String(key), by("me"), async () => ++made);
  for (let key = 0; key <= 200; key++) await ask(key);
  expect(await ask(200)).toBe(201);
  expect(await ask(0)).toBe(202);
});

it("makes a bounded number of answers at one time", async () => {
  const shared = new SharedAnswers<string>(2, 0, () => 0);
  const { promise, resolve } = Promise.withResolvers<string>();
  const made = [shared.get("a", by("me"), () => promise), shared.get("b", by("me"), () => promise)];
  expect(await shared.get("c", by("me"), () => promise)).toBeUndefined();
  made.push(shared.get("a", by("me"), () => Promise.reject(new Error("not the shared one"))));
  resolve("done");
  expect(await Promise.all(made)).toEqual(["done", "done", "done"]);
  expect(await shared.get("c", by("me"), async () => "next")).toBe("next");
});

it("gives the newest place of who makes most to another client, and those who shared that answer make it again", async () => {
  const shared = new SharedAnswers<string>(3, 0, () => 0);
  const { promise, resolve } = Promise.withResolvers<string>();
  const kept = shared.get("a", by("greedy"), () => promise);
  const next = shared.get("d", by("greedy"), untilAborted);
  const shed = shared.get("b", by("greedy"), untilAborted);
  const sharing = shared.get("b", by("another"), async () => "made again");
  expect(await shared.get("c", by("polite"), async () => "made")).toBe("made");
  expect([await shed, await sharing, await next]).toEqual([undefined, "made again", undefined]);
  resolve("went on");
  expect(await kept).toBe("went on");
});

it("gives an answer up once all who asked for it have gone, and not before", async () => {
  const shared = new SharedAnswers<string>(1, 1, () => 0);
  const [first, second] = [new AbortController(), new AbortController()];
  let given: AbortSignal | undefined;
  const made = shared.get("a", by("first", first.signal), (signal) => {
    given = signal;
    return untilAborted(signal);
  });
  const sharing = shared.get("a", by("second", second.signal), async () => "another");
  await expect.poll(() => given).toBeDefined();
  first.abort();
  expect(given?.aborted).toBe(false);
  second.abort();
  expect([await made, await sharing]).toEqual([undefined, undefined]);
  expect(given?.aborted).toBe(true);
  expect(await shared.get("b", by("third"), async () => "made")).toBe("made");
});
