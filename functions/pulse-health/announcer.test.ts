import { setImmediate as nextTurn } from "node:timers/promises";
import { pino } from "pino";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { CloudEvent } from "../../events/cloud-event.ts";
import type { HealthRun } from "../../events/health-run.ts";
import { START } from "../../storage/testing/pulses.ts";
import type { SentEvent } from "../broker-client.ts";
import { Announcer, NEWS_OF_A_TURN } from "./announcer.ts";
import type { Keeper } from "./keeper.ts";
import { type KeptStore, openKeptStore, RETENTION_MS } from "./testing/keepers.ts";

/** A keeper and its announcer, as one process. */
function openProcess(
  kept: KeptStore,
  send: (event: CloudEvent) => Promise<SentEvent>,
  isRetired = () => false,
  environment?: string,
): { keeper: Keeper; announcer: Announcer } {
  const log = pino({ level: "silent" });
  const { health } = kept.store;
  const now = () => kept.clock.now;
  const announcer = new Announcer({
    health,
    broker: { send },
    isRetired,
    retentionMs: RETENTION_MS,
    environment,
    now,
    log,
    pauseMs: 1,
  });
  onTestFinished(() => announcer.stop());
  return { keeper: kept.keeper({ onChanged: (service) => announcer.add(service) }), announcer };
}

/** Keeps a past of a service that changes every minute from START on. */
async function keepPast(kept: KeptStore, service: string, changes: number): Promise<void> {
  await kept.pulse(service, 0);
  const runs = Array.from({ length: changes }, (_, i): HealthRun => {
    const since = START + i * 60_000;
    return { since, health: i % 2 === 0 ? "up" : "down", confirmedAt: since, cause: "" };
  });
  const { health } = kept.store;
  const span = { from: START, to: Number.POSITIVE_INFINITY };
  expect(await health.keep([{ service, runs: { span, runs } }], await health.begin())).toBe(true);
}

describe("the announcer", () => {
  it("tells a receiver that fails a third of the time of every change, with one id each and in order, although keepers are killed", async () => {
    const kept = openKeptStore();
    const received: CloudEvent[] = [];
    let seed = 7;
    const random = () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return seed / 2 ** 31;
    };
    const send = async (event: CloudEvent): Promise<SentEvent> => {
      const chance = random();
      // It may have taken an event of which the answer is lost.
      if (chance > 1 / 6) received.push(event);
      return chance > 1 / 3
        ? { kind: "accepted", uncertainTries: 0 }
        : { kind: "unavailable", reason: "503", uncertainTries: 1 };
    };
    const services = ["cart", "checkout", "search"];
    const open = () => openProcess(kept, send, undefined, "production");
    let running = [open(), open()];
    for (let at = 0; at <= 1800; at += 30) {
      for (const [i, service] of services.entries()) {
        const isDown = Math.floor(at / (240 + 60 * i)) % 2 === 1;
        await kept.pulse(service, at + i, isDown ? "down" : "ok");
      }
      for (const { keeper, announcer } of running) {
        await kept.look(keeper, at + 20);
        announcer.tell();
      }
      if (at % 210 === 0) {
        const [first, second] = running;
        // Killed: it tells nothing more, whatever it was about to do.
        void first?.announcer.stop();
        running = [...(second ? [second] : []), open()];
      }
    }
    for (const { keeper, announcer } of running) {
      await kept.look(keeper, 1820);
      announcer.tell();
    }
    await vi.waitFor(() => expect(running.map(({ announcer }) => announcer.waiting)).toEqual([0, 0]));
    await Promise.all(running.map(({ announcer }) => announcer.stop()));
    for (const service of services) {
      const ids = received.filter(({ subject }) => subject === service).map(({ id }) => id);
      const from = await kept.store.health.toldFrom(kept.clock.now);
      const runs = (await kept.runs(service)).filter(({ confirmedAt }) => confirmedAt >= from);
      expect([...new Set(ids)]).toEqual(runs.map(({ since, health }) => `${service}/${since}/${health}/0`));
      expect(runs.length).toBeGreaterThan(3);
      const incidents = received.filter(({ subject }) => subject?.startsWith(`${service}/`));
      const told = runs.flatMap(({ since, health }) => {
        // Before the first of them it was up.
        return health === "up" && since === runs[0]?.since ? [] : [`${service}/${since}/${health}/0/incident`];
      });
      expect([...new Set(incidents.map(({ id }) => id))]).toEqual(told);
    }
  });

  it("tells of an outage before the rest of the past of services that flap, and of each change once and in order", async () => {
    const kept = openKeptStore();
    await kept.store.health.toldFrom(START);
    const flapping = ["a", "b", "c", "d"];
    for (const service of flapping) await keepPast(kept, service, NEWS_OF_A_TURN + 20);
    await keepPast(kept, "shop", 2);
    const ids: string[] = [];
    const { announcer } = openProcess(kept, async ({ id }) => {
      ids.push(id);
      return { kind: "accepted", uncertainTries: 0 };
    });
    for (const service of [...flapping, "shop"]) announcer.add(service);
    announcer.tell();
    await vi.waitFor(() => expect(ids).toHaveLength(4 * NEWS_OF_A_TURN + 82));
    const of = (service: string) => ids.filter((id) => id.startsWith(`${service}/`));
    for (const service of [...flapping, "shop"]) {
      const runs = await kept.runs(service);
      expect(of(service)).toEqual(runs.map(({ since, health }) => `${service}/${since}/${health}/0`));
    }
    const outageAt = ids.indexOf(of("shop")[1] as string);
    for (const service of flapping)
      expect(ids.indexOf(of(service)[NEWS_OF_A_TURN] as string)).toBeGreaterThan(outageAt);
  });

  it("lets others go on between the turns of a retired service, of which nothing is sent", async () => {
    const kept = openKeptStore();
    await kept.store.health.toldFrom(START);
    await keepPast(kept, "old", 250);
    const told = async () => (await kept.store.health.told("old", { from: 0, to: Number.POSITIVE_INFINITY })).length;
    const { announcer } = openProcess(
      kept,
      () => Promise.reject(new Error("nobody is told")),
      () => true,
    );
    announcer.add("old");
    announcer.tell();
    const seen = new Set<number>();
    while ((await told()) < 250) {
      seen.add(await told());
      await nextTurn();
    }
    expect([...seen]).toEqual([0, NEWS_OF_A_TURN, 2 * NEWS_OF_A_TURN]);
  });

  it("tells nothing of a retired service, nor later of what happened while it was", async () => {
    const kept = openKeptStore();
    const received: CloudEvent[] = [];
    let isRetired = true;
    const send = async (event: CloudEvent): Promise<SentEvent> => {
      received.push(event);
      return { kind: "accepted", uncertainTries: 0 };
    };
    const { keeper, announcer } = openProcess(kept, send, () => isRetired);
    for (let at = 0; at <= 1200; at += 30) {
      isRetired = at < 600;
      await kept.pulse("checkout", at, Math.floor(at / 300) % 2 === 1 ? "down" : "ok");
      await kept.look(keeper, at + 20);
      announcer.tell();
      await vi.waitFor(() => expect(announcer.waiting).toBe(0));
    }
    expect((await kept.runs("checkout")).map(({ health }) => health)).toEqual(["up", "down", "up", "down"]);
    expect(received.map(({ extensions: { health } }) => health)).toEqual(["up", "down"]);
  });

  it("revises what it told when pulses come late, and tells nothing of the time before it first ran", async () => {
    const kept = openKeptStore();
    for (const at of [-7200, -7140, -7080]) await kept.pulse("checkout", at, "down");
    const received: CloudEvent[] = [];
    const { keeper, announcer } = openProcess(kept, async (event) => {
      received.push(event);
      return { kind: "accepted", uncertainTries: 0 };
    });
    for (let at = 0; at <= 900; at += 30) {
      if (at % 60 === 0) await kept.pulse("checkout", at + 1, at === 120 || at === 180 ? "down" : "ok");
      // They are found by their mark, which is looked for in one of 30 rounds.
      if (at === 420) for (const late of [101, 102, 103]) await kept.pulse("checkout", late, "503");
      for (let look = at + 10; look <= at + 30; look += 10) await kept.look(keeper, look);
      announcer.tell();
      await vi.waitFor(() => expect(announcer.waiting).toBe(0));
    }
    const told = received.map(({ type, extensions: { health, previoushealth } }) => [
      type.split(".").at(-2),
      previoushealth,
      health,
    ]);
    expect(told).toEqual([
      // It began before the first start, and was not known then.
      ["changed", "down", "up"],
      ["changed", "up", "down"],
      ["changed", "down", "up"],
      ["revised", "up", "down"],
      ["revised", "down", "down"],
    ]);
    expect(received.map(({ id }) => id.split("/").at(-1))).toEqual(["0", "0", "0", "0", "1"]);
    // The time before it first ran: an hour before, the service was down.
    expect(received.map(({ id }) => Number(id.split("/")[1])).filter((since) => since < START)).toEqual([]);
  });
});
