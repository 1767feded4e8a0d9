import { expect } from "vitest";
import type { Platform } from "./platform.ts";

export interface PulseRead {
  id: string;
  service_name: string;
  event_time: string;
  latency_ms: number;
  status: string;
}

/** All pulses of a service, as pulse-query's pages return them. */
export async function readAll(platform: Pick<Platform, "query">, service: string): Promise<PulseRead[]> {
  const pulses: PulseRead[] = [];
  let cursor: string | undefined;
  do {
    const query = new URLSearchParams({ limit: "1000", ...(cursor !== undefined && { cursor }) });
    const response = await fetch(`${platform.query}/services/${encodeURIComponent(service)}/pulses?${query}`);
    const page = (await response.json()) as { pulses: PulseRead[]; cursor?: string };
    pulses.push(...page.pulses);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return pulses;
}

/** Whether a broker has made every delivery. */
export async function isDelivered({ broker }: Pick<Platform, "broker">): Promise<boolean> {
  const metrics = await fetch(new URL("/metrics", broker)).then((response) => response.text());
  const pending = metrics.match(/^pulsemesh_broker_pending.* \d+$/gm) ?? [];
  expect(pending.length).toBeGreaterThan(0);
  return pending.every((line) => line.endsWith(" 0"));
}

/** Sends what could not be delivered while the machine was too busy: it is a dead letter, and not lost. */
export async function replayUndelivered({ deadletter }: Pick<Platform, "deadletter">): Promise<void> {
  for (const reason of ["overloaded", "timeout", "unavailable"]) {
    const replay = await fetch(`${deadletter}/dead-letters/replay?reason=${reason}`, { method: "POST" });
    // 503: the broker takes none at this moment.
    expect([202, 503]).toContain(replay.status);
    const { replayed = 0 } = (await replay.json()) as { replayed?: number };
    if (replayed > 0) console.log(`${replayed} dead letters were replayed: ${reason}`);
  }
}

/** The value of a metric's first series whose labels contain `labels`; 0 without one. */
export async function readMetric(url: string, name: string, labels = ""): Promise<number> {
  const text = await fetch(`${url}/metrics`).then((response) => response.text());
  const line = text.split("\n").find((candidate) => candidate.startsWith(name) && candidate.includes(labels));
  return line === undefined ? 0 : Number(line.slice(line.lastIndexOf(" ") + 1));
}
