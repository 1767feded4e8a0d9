// PulseMesh's own outage: the silence of services is unknown meanwhile, never late, and nothing flaps after it.
import { pino } from "pino";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { OWN_SERVICE } from "../../events/own-service.ts";
import { StoreError } from "../../storage/store-error.ts";
import { Announcer } from "./announcer.ts";
import type { Keeper } from "./keeper.ts";
import { type HealthyStore, type KeptStore, openKeptStore, RETENTION_MS } from "./testing/keepers.ts";

/** So long what waited is stored, in s. */
const DRAIN_S = 300;
/** In s. The store is away in between, or everything is. */
const [AWAY_FROM, AWAY_TO, END] = [600, 1500, 2400];
/** Pulses of each, in s. */
const EVERY: Readonly<Record<string, number>> = { busy: 5, steady: 60, slow: 170, [OWN_SERVICE]: 10 };

interface Arriving {
  service: string;
  at: number;
  /** In s; infinite where it is lost. */
  arrival: number;
  status: string;
}

/** A store that cannot be reached while it is away. */
function withOutage(store: HealthyStore, isAway: () => boolean): HealthyStore {
  return new Proxy(store, {
    get(target, name) {
      if (isAway()) throw new StoreError("Expected the store to answer, got nothing");
      const value = target[name as keyof HealthyStore] as unknown;
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** Lets a keeper that tells look every ten seconds, as far as the store is there. Gives the names of all that was told. */
async function watch(
  kept: KeptStore,
  pulses: readonly Arriving[],
  isAwayAt = (at: number) => at > AWAY_FROM && at < AWAY_TO,
): Promise<string[]> {
  const told: string[] = [];
  let isAway = false;
  const reader = withOutage(kept.store, () => isAway);
  const announcer = new Announcer({
    health: kept.store.health,
    broker: {
      send: async ({ type, subject, extensions: { health } }) => {
        told.push(`${subject} ${type.split(".").at(-2)} ${health}`);
        return { kind: "accepted", uncertainTries: 0 };
      },
    },
    retentionMs: RETENTION_MS,
    now: () => kept.clock.now,
    log: pino({ level: "silent" }),
  });
  onTestFinished(() => announcer.stop());
  const keeper: Keeper = kept.keeper({ reader, onChanged: (service) => announcer.add(service) });
  for (let at = 0; at <= END; at += 10) {
    await kept.pulses(pulses.filter(({ arrival }) => arrival > at - 10 && arrival <= at));
    isAway = isAwayAt(at);
    await kept.look(keeper, at).catch((error: unknown) => expect(error).toBeInstanceOf(StoreError));
    announcer.tell();
    await vi.waitFor(() => expect(announcer.waiting).toBe(0));
  }
  return told;
}

function pulsesWith(arrivalOf: (at: number) => number): Arriving[] {
  return Object.entries(EVERY).flatMap(([service, every]) =>
    Array.from({ length: Math.ceil(END / every) }, (_, i) => {
      const at = i * every + 1;
      return { service, at, arrival: at < AWAY_FROM || at > AWAY_TO ? at : arrivalOf(at), status: "ok" };
    }),
  );
}

const SERVICES = Object.keys(EVERY).filter((service) => service !== OWN_SERVICE);

describe("an outage of PulseMesh itself", () => {
  it("in which pulses are lost leaves services up, unknown and up, and nobody is told that they are late", async () => {
    const kept = openKeptStore();
    const lost = pulsesWith(() => Number.POSITIVE_INFINITY);
    const told = await watch(kept, lost);
    for (const service of SERVICES) {
      expect((await kept.kept(service)).map(([, health]) => health)).toEqual(["up", "unknown", "up"]);
      expect(ofService(told, service)).toEqual(["changed unknown", "changed up"]);
    }
  });

  it.each([
    ["in any order", (at: number) => ((at * 7919) % 1000) / 1000],
    ["the oldest first", (at: number) => (at - AWAY_FROM) / (AWAY_TO - AWAY_FROM)],
  ])("after which all pulses come, %s, changes nothing and tells nothing", async (_, placeOf) => {
    const kept = openKeptStore();
    const drained = pulsesWith((at) => AWAY_TO + placeOf(at) * DRAIN_S);
    const told = await watch(kept, drained);
    for (const service of SERVICES) {
      expect((await kept.kept(service)).map(([, health]) => health)).toEqual(["up"]);
      expect(ofService(told, service)).toEqual([]);
    }
  });

  it("that only those notice who store leaves services unknown until all pulses have come, and is revised once", async () => {
    const kept = openKeptStore();
    const drained = pulsesWith((at) => AWAY_TO + ((at - AWAY_FROM) / (AWAY_TO - AWAY_FROM)) * DRAIN_S);
    const told = await watch(kept, drained, () => false);
    for (const service of SERVICES) {
      expect((await kept.kept(service)).map(([, health]) => health)).toEqual(["up"]);
      expect(ofService(told, service)).toEqual(["changed unknown", "revised up"]);
    }
  });
});

function ofService(told: readonly string[], service: string): string[] {
  return told.filter((one) => one.startsWith(`${service} `)).map((one) => one.slice(service.length + 1));
}
