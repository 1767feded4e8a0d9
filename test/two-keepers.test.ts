// Two pulse-health processes over one store, and the broker and pulse-persist with them, are killed at random while pulses flow, a
// third of them late. After it the history of every service is the one that a keeper finds who begins with nothing.
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { OWN_SERVICE } from "../events/own-service.ts";
import { SETTLE_MS } from "../functions/pulse-health/keeper.ts";
import { keptIn, RETENTION_MS } from "../functions/pulse-health/testing/keepers.ts";
import type { StoredPulse } from "../storage/ports.ts";
import { openSqlitePulseStore, type SqlitePulseStore } from "../storage/sqlite/pulse-store.ts";
import { store as write } from "../storage/testing/read-back.ts";
import { temporaryFolder } from "../storage/testing/temporary-folder.ts";
import { type FunctionProcess, startFunction } from "./function-process.ts";
import { type Role, startPlatform, until } from "./platform.ts";
import { seeded } from "./pulse-flow.ts";

const EVER = { from: 0, to: Number.POSITIVE_INFINITY };
const SERVICES = ["cart", "checkout", "search", "stock"];
/** Of this one all pulses say 503 that are later than that. */
const DOWN = { service: "stock", untilMs: 1_800_000 };
const FLOW_MS = 15_000;
const KILLED: readonly Role[] = ["pulse-health", "pulse-persist", "broker"];

it("killed keepers leave the history that one finds who begins with nothing", async () => {
  const platform = await startPlatform();
  onTestFinished(() => platform.dispose());
  const startSecond = () =>
    startFunction("pulse-health", { env: { PULSE_DATA_DIR: platform.folder, K_SINK: platform.broker } });
  let second: FunctionProcess = await startSecond();
  const random = seeded(20_261_130);
  const endAt = Date.now() + FLOW_MS;

  let sent = 0;
  const send = async () => {
    while (Date.now() < endAt) {
      const pulses = Array.from({ length: 6 }, () => {
        const late = random() < 1 / 3 ? random() * 3_600_000 : 0;
        const service_name = SERVICES[Math.floor(random() * SERVICES.length)] as string;
        const isDown = service_name === DOWN.service && late > DOWN.untilMs;
        const status = isDown || random() < 0.2 ? "503" : "ok";
        return { id: `p${sent++}`, service_name, event_time: Math.floor(Date.now() - late), latency_ms: 1, status };
      });
      await until("pulses to be taken", () => isTaken(`${platform.ingest}/pulse`, pulses));
    }
  };
  const kill = async () => {
    while (Date.now() < endAt) {
      const role = KILLED[Math.floor(random() * 2 * KILLED.length)];
      if (role !== undefined) await platform.kill(role);
      else {
        await second.kill();
        second = await startSecond();
      }
      // It works for a while.
      const next = Date.now() + random() * 8000;
      await until("the next kill", () => Date.now() >= next);
    }
  };
  await Promise.all([send(), kill()]);

  const store = openPulses(join(platform.folder, "pulses.db"), Date.now);
  await vi.waitFor(async () => expect(await readAll(store, SERVICES)).toHaveLength(sent), { interval: 500 });
  const storedAt = Date.now();
  // A keeper that goes on finds what came late within five minutes, and one that starts at once.
  await Promise.all([platform.kill("pulse-health"), second.kill()]);
  second = await startSecond();
  await until("all services to be judged", async () => (await store.health.judgedUntil()) > storedAt);
  expect([await second.stop(), await platform.stop()]).toEqual([0, 0]);

  const judgedUntil = await store.health.judgedUntil();
  const clock = { now: judgedUntil + SETTLE_MS };
  const other = openPulses(join(temporaryFolder(), "pulses.db"), () => clock.now);
  await write(other, await readAll(store, [...SERVICES, OWN_SERVICE]));
  await keptIn(other, clock).keeper().round();
  for (const service of SERVICES) {
    const runs = await store.health.runs(service, EVER);
    expect(runs).toEqual(await other.health.runs(service, EVER));
    if (service === DOWN.service) expect(runs.length).toBeGreaterThan(1);
  }
});

function openPulses(file: string, now: () => number): SqlitePulseStore {
  const store = openSqlitePulseStore({ file, maxBytes: 2 ** 30, retentionMs: RETENTION_MS, now });
  onTestFinished(() => store.close());
  return store;
}

async function readAll(store: SqlitePulseStore, services: readonly string[]): Promise<StoredPulse[]> {
  const all: StoredPulse[] = [];
  for (const service of services) for await (const chunk of store.scan(service, EVER)) all.push(...chunk);
  return all;
}

/** Whether pulses were acknowledged; otherwise they may be sent again. */
async function isTaken(url: string, pulses: readonly object[]): Promise<boolean> {
  const headers = { "content-type": "application/json" };
  return await fetch(url, { method: "POST", headers, body: JSON.stringify(pulses) }).then(
    ({ status }) => status === 202,
    () => false,
  );
}
