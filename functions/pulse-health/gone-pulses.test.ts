// Pulses that were judged and cannot be read any more: what was judged of them stays.
import { describe, expect, it } from "vitest";
import type { HealthStore } from "../../storage/health-ports.ts";
import { type KeptStore, openKeptStore } from "./testing/keepers.ts";

const RETENTION_S = 2400;

/** A service that pulses each minute for 55 minutes, and a keeper that has seen all of it. */
async function watched(changed: string[], failing: readonly number[] = []): Promise<KeptStore> {
  const kept = openKeptStore(RETENTION_S * 1000);
  const keeper = kept.keeper({ onChanged: (service) => changed.push(service) });
  await kept.ownPulses(0, 4000);
  for (let at = 300; at <= 3320; at += 10) {
    if (at % 60 === 0) await kept.pulse("checkout", at + 1, failing.includes(at) ? "503" : "ok");
    if (at === 3000) {
      changed.length = 0;
      // It comes late, and is found by its mark, which is looked for in one of 30 rounds.
      await kept.pulse("checkout", 1202);
    }
    await kept.look(keeper, at + 10);
  }
  return kept;
}

/** Health of which nothing is remembered. */
function forgetful(health: HealthStore): HealthStore {
  return new Proxy(health, {
    get(target, name) {
      if (name === "memory") return async () => undefined;
      const value = target[name as keyof HealthStore] as unknown;
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

describe("a service that is older than the retention", () => {
  it("stays as it is since it began, and nothing is told, when a pulse comes late", async () => {
    const changed: string[] = [];
    const kept = await watched(changed);
    expect([await kept.kept("checkout"), changed]).toEqual([[[301, "up"]], []]);
  });

  it("keeps its past when one that knows nothing of it judges", async () => {
    const changed: string[] = [];
    const kept = await watched(changed, [480, 540, 2400, 2460]);
    const runs = [
      [301, "up"],
      [481, "down"],
      [601, "up"],
      [2401, "down"],
      [2521, "up"],
    ];
    expect([await kept.kept("checkout"), changed]).toEqual([runs, []]);
    await kept.look(kept.keeper({ health: forgetful(kept.store.health) }), 3340);
    expect(await kept.kept("checkout")).toEqual(runs);
  });
});

it("a service with more pulses than are judged at first stays as it is since it began when one comes very late", async () => {
  const kept = openKeptStore();
  const keeper = kept.keeper();
  const pulses = (from: number, to: number) =>
    kept.pulses(
      Array.from({ length: (to - from) * 10 }, (_, i) => ({ service: "checkout", at: from + i / 10, status: "ok" })),
    );
  for (let at = 0; at < 6000; at += 100) await pulses(at, at + 100);
  await kept.look(keeper, 6000);
  const runs = await kept.kept("checkout");
  expect(runs.map(([since, health]) => [since > 500, health])).toEqual([[true, "up"]]);
  for (let at = 6000; at < 6700; at += 10) {
    await pulses(at, at + 10);
    if (at === 6100) await kept.pulse("checkout", 30);
    await kept.look(keeper, at + 10);
  }
  expect(await kept.kept("checkout")).toEqual(runs);
});
