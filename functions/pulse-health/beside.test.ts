import { setTimeout as delay } from "node:timers/promises";
import { expect, it } from "vitest";
import { openKeptStore } from "./testing/keepers.ts";

/** A store in which the pulses of `bulk…` are read once they are let go, and a keeper that waits 10 ms for them. */
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
        if (service.startsWith("bulk")) await gate.promise;
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

it("where more than one of a hundred takes long, the round waits", async () => {
  const { kept, keeper, letGo } = openSlow();
  await kept.pulse("bulk", 1);
  await kept.look(keeper, 10);
  await kept.pulse("bulk-2", 11);
  const round = kept.look(keeper, 20);
  expect(await Promise.race([round, delay(100, "waits")])).toBe("waits");
  letGo();
  await round;
  expect(keeper.judgedUntil).toBe(kept.clock.now - 3000);
  expect(await kept.kept("bulk-2")).toEqual([[11, "up"]]);
});
