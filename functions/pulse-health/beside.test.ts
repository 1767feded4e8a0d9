import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Beside } from "./beside.ts";
import { openKeptStore } from "./testing/keepers.ts";

/** A store in which the pulses of `bulk` are read once they are let go, and a keeper that waits 10 ms for them. */
function openSlow() {
  const kept = openKeptStore();
  const gate = Promise.withResolvers<void>();
  const { store } = kept;
  const reads: string[] = [];
  const keeper = kept.keeper({
    patienceMs: 10,
    reader: {
      latest: (...asked) => store.latest(...asked),
      async *measures(service, span) {
        reads.push(service);
        if (service === "bulk") await gate.promise;
        yield* store.measures(service, span);
      },
    },
  });
  return { kept, keeper, letGo: gate.resolve, reads };
}

it("a service that takes long to read is judged beside the rounds, and all others in time", async () => {
  const { kept, keeper, letGo, reads } = openSlow();
  for (let at = 1; at < 300; at += 20) {
    await kept.pulse("bulk", at, at > 200 ? "503" : "ok");
    await kept.pulse("checkout", at, "ok");
    await kept.look(keeper, at + 10);
  }
  expect(await kept.kept("checkout")).toEqual([[1, "up"]]);
  expect(keeper.judgedUntil).toBe(kept.clock.now - 3000 - 1000);
  expect(await kept.kept("bulk")).toEqual([]);
  expect(reads.filter((service) => service === "bulk")).toHaveLength(1);

  letGo();
  await expect.poll(() => kept.kept("bulk")).toHaveLength(1);
  await kept.look(keeper, 300);
  expect(await kept.runs("bulk")).toEqual(await kept.fromNothing("bulk"));
  expect((await kept.kept("bulk")).map(([, health]) => health)).toEqual(["up", "down"]);
});

describe("works that take long", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("go on beside a round of a hundred services, one at a time", async () => {
    const beside = new Beside(10);
    const [one, other] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
    const heard: string[] = [];
    const ended: unknown[] = [];
    const later = async (said: string) => void heard.push(said);
    const wait = (service: string, work: Promise<string>) =>
      beside.wait(service, work, { services: 100, later }).then((said) => ended.push(said));
    wait("one", one.promise);
    wait("other", other.promise);
    await vi.advanceTimersByTimeAsync(1000);
    expect([ended, beside.has("one"), beside.has("other")]).toEqual([[undefined], true, false]);
    other.resolve("in time");
    one.resolve("late");
    await vi.advanceTimersByTimeAsync(0);
    expect([ended, heard, beside.size]).toEqual([[undefined, { said: "in time" }], ["late"], 0]);
  });

  it("that fail leave, and are no failure of the round", async () => {
    const beside = new Beside(10);
    const work = Promise.withResolvers<string>();
    const waited = beside.wait("one", work.promise, { services: 1, later: async () => expect.fail("heard") });
    await vi.advanceTimersByTimeAsync(10);
    expect(await waited).toBeUndefined();
    work.reject(new Error("the store is away"));
    await vi.advanceTimersByTimeAsync(0);
    expect(beside.size).toBe(0);
  });
});
