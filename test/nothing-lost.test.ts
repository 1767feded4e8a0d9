import { afterAll, beforeAll, expect, it } from "vitest";
import { type Platform, type Role, startPlatform, until } from "./platform.ts";
import { readAll } from "./read-back.ts";

const PULSES = 20_000;
const CLIENTS = 16;
const KILLS = 9;
const VICTIMS: readonly Role[] = ["pulse-ingest", "broker", "pulse-persist"];
const SERVICES = Array.from({ length: 8 }, (_, i) => `service-${i}`);

let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform({ PULSE_LOG_LEVEL: "info" });
});
afterAll(() => platform.dispose());

it("keeps every acknowledged pulse exactly once while ingest, broker and persist are killed at random moments", async () => {
  const random = seeded(20261123);
  let next = 0;
  let acked = 0;
  let retries = 0;
  const ackedIds = new Set<string>();

  async function runClient(client: number): Promise<void> {
    while (next < PULSES) {
      const count = Math.min(1 + Math.floor(random() * 12), PULSES - next);
      const ids = Array.from({ length: count }, (_, i) => `pulse-${next + i}`);
      next += count;
      while (!(await post(ids, client % 4))) retries++;
      for (const id of ids) ackedIds.add(id);
      acked += count;
    }
  }

  /** One request in one of the ways that there are; true when it was acknowledged. */
  async function post(ids: readonly string[], way: number): Promise<boolean> {
    const pulses = ids.map((id) => ({ ...pulseOf(id), id }));
    if (way === 0) return send(`${platform.ingest}/pulse`, "application/json", JSON.stringify(pulses));
    if (way === 1) {
      const lines = pulses.map((pulse) => JSON.stringify(pulse)).join("\n");
      return send(`${platform.ingest}/pulse`, "application/x-ndjson", lines);
    }
    const events = pulses.map(({ id, ...data }) => ({
      specversion: "1.0",
      id,
      source: "/nothing-lost",
      type: "dev.pulsemesh.pulse.v1",
      data,
    }));
    if (way === 2) return send(`${platform.ingest}/`, "application/cloudevents-batch+json", JSON.stringify(events));
    // A broker takes single events only: many pulses of one event, named by it.
    const event = { ...events[0], type: "dev.pulsemesh.pulses.v1", data: { pulses } };
    return send(platform.broker, "application/cloudevents+json", JSON.stringify(event));
  }

  async function killAtRandomMoments(): Promise<void> {
    for (let i = 0; i < KILLS; i++) {
      const threshold = ((i + 0.2 + random() * 0.6) * PULSES) / KILLS;
      await until(`${Math.round(threshold)} pulses to be acknowledged`, () => acked >= threshold, 120_000);
      await platform.kill(VICTIMS[i % VICTIMS.length] as Role);
    }
  }

  await Promise.all([killAtRandomMoments(), ...Array.from({ length: CLIENTS }, (_, client) => runClient(client))]);
  expect(ackedIds.size).toBe(PULSES);

  let stored: string[] = [];
  await until("every acknowledged pulse to be readable", async () => {
    const pulses = await Promise.all(SERVICES.map((service) => readAll(platform, service)));
    stored = pulses.flat().map((pulse) => pulse.id);
    return stored.length >= PULSES;
  });
  expect(stored.length).toBe(PULSES); // none twice …
  expect(new Set(stored)).toEqual(ackedIds); // … and none lost
  // Else nothing was in the air when a process was killed, and the test has shown nothing.
  expect(retries).toBeGreaterThan(0);
}, 180_000);

async function send(url: string, contentType: string, body: string): Promise<boolean> {
  try {
    const response = await fetch(url, { method: "POST", headers: { "content-type": contentType }, body });
    await response.arrayBuffer();
    if (response.status === 202) return true;
    expect([429, 502, 503]).toContain(response.status);
    return false;
  } catch (error) {
    if (error instanceof TypeError) return false; // fetch's own: refused or reset
    throw error;
  }
}

function pulseOf(id: string) {
  const number = Number(id.slice(6));
  return {
    service_name: SERVICES[number % SERVICES.length],
    latency_ms: number % 500,
    status: number % 50 === 0 ? "error" : "ok",
  };
}

/** A small generator (mulberry32), so that a failing run can be had again. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
