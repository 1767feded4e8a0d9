// A store, a clock that is set by hand, and keepers over them.
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { HealthRun } from "../../../events/health-run.ts";
import { OWN_SERVICE } from "../../../events/own-service.ts";
import { DAY_MS } from "../../../events/time.ts";
import { CELL_MS, HealthCells } from "../../../health/cell.ts";
import { ServicesSettings } from "../../../health/service-settings.ts";
import { judge } from "../../../health/timeline.ts";
import type { OpenPulseStore } from "../../../storage/contract/subject.ts";
import type { HealthStore } from "../../../storage/health-ports.ts";
import type { Measure, RollupStore } from "../../../storage/ports.ts";
import type { Span } from "../../../storage/span.ts";
import { openSqlitePulseStore } from "../../../storage/sqlite/pulse-store.ts";
import { pulseOf, START } from "../../../storage/testing/pulses.ts";
import { store as write } from "../../../storage/testing/read-back.ts";
import { temporaryFolder } from "../../../storage/testing/temporary-folder.ts";
import { floorTo } from "../../../storage/tiers.ts";
import { Keeper, type KeeperOptions, SETTLE_MS } from "../keeper.ts";

export const RETENTION_MS = 30 * DAY_MS;
const EVER: Span = { from: 0, to: START + 30 * DAY_MS };

/** A store that keeps health and what a keeper reads. */
export type HealthyStore = OpenPulseStore & { readonly rollups: RollupStore; readonly health: HealthStore };

export interface KeptStore {
  store: HealthyStore;
  clock: { now: number };
  /** Stores a pulse at a time in s after START. */
  pulse(service: string, seconds: number, status?: string): Promise<void>;
  /** Stores pulses at once. */
  pulses(all: readonly { service: string; at: number; status: string }[]): Promise<void>;
  /** Stores PulseMesh's own pulses in a span of s after START. */
  ownPulses(from: number, to: number): Promise<void>;
  /** Another keeper, which knows what is kept. */
  keeper(options?: Partial<KeeperOptions>): Keeper;
  /** Lets a keeper look at a time in s after START. */
  look(keeper: Keeper, seconds: number): Promise<void>;
  /** The kept runs of a service, as `[s after START, health]`. */
  kept(service: string): Promise<[number, HealthRun["health"]][]>;
  /** The kept runs of a service. */
  runs(service: string): Promise<HealthRun[]>;
  /** The runs as they are judged from all stored pulses at once. */
  fromNothing(service: string, blind?: readonly Span[]): Promise<HealthRun[]>;
}

/** A store in a file, which the end of the test closes. */
export function openKeptStore(retentionMs = RETENTION_MS): KeptStore {
  const clock = { now: START };
  const file = join(temporaryFolder(), "pulses.db");
  const store = openSqlitePulseStore({ file, maxBytes: 2 ** 30, retentionMs, now: () => clock.now });
  onTestFinished(() => store.close());
  return keptIn(store, clock, retentionMs);
}

/** @param clock what the store takes for the time */
export function keptIn(store: HealthyStore, clock: KeptStore["clock"], retentionMs = RETENTION_MS): KeptStore {
  const now = () => clock.now;
  const settings = new ServicesSettings();
  let ids = 0;
  const pulseAt = (service: string, seconds: number, status = "ok") =>
    pulseOf({ service_name: service, event_time: START + seconds * 1000, status, id: `p${ids++}` });
  return {
    store,
    clock,
    pulse: (service, seconds, status) => write(store, [pulseAt(service, seconds, status)]),
    pulses: (all) =>
      write(
        store,
        all.map(({ service, at, status }) => pulseAt(service, at, status)),
      ),
    ownPulses: (from, to) => {
      const count = Math.floor((to - from) / 10);
      return write(
        store,
        Array.from({ length: count }, (_, i) => pulseAt(OWN_SERVICE, from + 10 * i)),
      );
    },
    keeper: (options = {}) => {
      const { rollups, health } = store;
      return new Keeper({
        reader: store,
        rollups,
        health,
        settings: () => settings,
        retentionMs,
        now,
        ...options,
      });
    },
    look: async (keeper, seconds) => {
      clock.now = START + seconds * 1000 + SETTLE_MS;
      await keeper.round();
    },
    kept: async (service) =>
      (await store.health.runs(service, EVER)).map(({ since, health }) => [(since - START) / 1000, health]),
    runs: (service) => store.health.runs(service, EVER),
    fromNothing: async (service, blind = []) => {
      const cells = new HealthCells();
      const all: Measure[] = [];
      for await (const chunk of store.measures(service, EVER)) all.push(...chunk);
      for (const [time, , status] of all) cells.add(time, status);
      const until = floorTo(CELL_MS, clock.now - SETTLE_MS);
      return judge({ settings: settings.of(service), state: undefined, cells: cells.list(), until, blind }).runs;
    },
  };
}
