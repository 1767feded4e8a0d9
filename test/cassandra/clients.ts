import { setTimeout as delay } from "node:timers/promises";
import type { Pulse } from "../../events/pulse.ts";
import { END_OF_TIME_MS } from "../../events/time.ts";
import type { PulseReader, PulseWriter } from "../../storage/ports.ts";
import { HOUR, newService, pulseOf } from "../../storage/testing/pulses.ts";

/** Clients that send again what was not stored, and remember what was. */
export interface Clients {
  /** The ids answered as stored, by service. */
  readonly stored: ReadonlyMap<string, ReadonlySet<string>>;
  readonly storedCount: number;
  readonly retries: number;
  /** The reasons of the retries. */
  readonly reasons: ReadonlySet<string>;
  /** The time that the slowest answer took. */
  readonly slowestMs: number;
  /** Starts no new writes, and resolves once those under way are stored. */
  stop(): Promise<void>;
}

/** Starts clients, each with a separate service and one write at a time; every third pulse has no time. */
export function startClients(store: PulseWriter, count: number, pulsesPerWrite: number, pauseMs = 0): Clients {
  const stored = new Map<string, Set<string>>();
  const counts = { storedCount: 0, retries: 0, slowestMs: 0 };
  const reasons = new Set<string>();
  let isStopping = false;

  async function run(): Promise<void> {
    const service = newService("client");
    const ids = new Set<string>();
    stored.set(service, ids);
    while (!isStopping) {
      const pulses = Array.from({ length: pulsesPerWrite }, (_, i) => pulseOfClient(service, i % 3 === 2));
      for (;;) {
        const startedAt = performance.now();
        const outcome = await store.write(pulses);
        counts.slowestMs = Math.max(counts.slowestMs, performance.now() - startedAt);
        if (outcome.kind === "stored") break;
        if (outcome.kind === "rejected") throw new Error(outcome.reason);
        counts.retries++;
        reasons.add(outcome.reason);
        // A broker waits too. A pulse without a time arrives at another time when it is sent again.
        await delay(20);
        for (const pulse of pulses) if (pulse.is_time_of_arrival) pulse.event_time = Date.now();
      }
      for (const { id } of pulses) ids.add(id);
      counts.storedCount += pulses.length;
      if (pauseMs > 0) await delay(pauseMs);
    }
  }

  const all = Promise.all(Array.from({ length: count }, run));
  all.catch(() => {});
  return {
    stored,
    reasons,
    get storedCount() {
      return counts.storedCount;
    },
    get retries() {
      return counts.retries;
    },
    get slowestMs() {
      return counts.slowestMs;
    },
    async stop() {
      isStopping = true;
      await all;
    },
  };
}

/** The ids that are not there exactly once: those that were stored and are missing, and those that are there twice. */
export async function findFaults(
  reader: Pick<PulseReader, "scan">,
  { stored }: Clients,
): Promise<{ missing: string[]; doubled: string[] }> {
  const missing: string[] = [];
  const doubled: string[] = [];
  for (const [service, ids] of stored) {
    const found = new Set<string>();
    for await (const chunk of reader.scan(service, { from: 0, to: END_OF_TIME_MS })) {
      for (const { id } of chunk) {
        if (found.has(id)) doubled.push(id);
        found.add(id);
      }
    }
    for (const id of ids) if (!found.has(id)) missing.push(id);
  }
  return { missing, doubled };
}

function pulseOfClient(service: string, isTimeOfArrival: boolean): Pulse {
  const event_time = Date.now() - Math.floor(Math.random() * 3 * HOUR);
  return pulseOf({ service_name: service, event_time, ...(isTimeOfArrival && { is_time_of_arrival: true }) });
}
