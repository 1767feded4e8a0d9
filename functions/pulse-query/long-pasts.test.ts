import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, it } from "vitest";
import { LongPasts } from "./long-pasts.ts";

it("of works with a long past, one goes on at one time, however often it asks; one with a short past waits for none", async () => {
  const pasts = new LongPasts();
  let [held, most] = [0, 0];
  const works = Array.from({ length: 20 }, (_, i) =>
    pasts.during(undefined, async (beforeLong) => {
      await beforeLong();
      most = Math.max(most, ++held);
      await nextTurn();
      await beforeLong();
      held--;
      return i;
    }),
  );
  expect(await pasts.during(undefined, async () => held)).toBe(0);
  expect(await Promise.all(works)).toEqual(Array.from({ length: 20 }, (_, i) => i));
  expect(most).toBe(1);
});

it("a work that is given up while it waits ends when its turn comes, and one that fails lets the next go on", async () => {
  const pasts = new LongPasts();
  const end = Promise.withResolvers<void>();
  const first = pasts.during(undefined, async (beforeLong) => {
    await beforeLong();
    await end.promise;
    throw new Error("failed");
  });
  const abort = new AbortController();
  const second = pasts.during(abort.signal, (beforeLong) => beforeLong());
  const third = pasts.during(undefined, (beforeLong) => beforeLong());
  abort.abort();
  end.resolve();
  await expect(first).rejects.toThrow("failed");
  await expect(second).rejects.toThrow("aborted");
  await third;
});
