// Start here: judges every service every ten seconds, and keeps what it finds. Siblings: judging.ts reads what came of a service and
// judges it (health/ has the rule), service-watch.ts is what is known of one, arrivals.ts how late its pulses come, run-difference.ts what
// is not kept yet, beside.ts those that take long; own-pulse.ts and own-sight.ts tell whether PulseMesh itself can see; announcer.ts
// tells the broker; health-gauges.ts is for Prometheus; cells.ts counts pulses, and lookback.ts says how many are needed.
//
// 1. What is kept is a function of the stored pulses: two keepers, one that was killed, and one that begins with nothing find the same.
//    What was judged of pulses that are gone stays (health/resume.ts).
// 2. A judgement is kept before anything that rests on it: first runs, then what is remembered, then what is told.
// 3. A pulse that comes late is counted: until its time is sealed by a second look, later by its mark (storage/marks.ts).
import { hash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import pLimit from "p-limit";
import type { HealthRun } from "../../events/health-run.ts";
import { CELL_MS } from "../../health/cell.ts";
import type { ServicesSettings } from "../../health/service-settings.ts";
import type { Basis, HealthChange, HealthStore } from "../../storage/health-ports.ts";
import type { PulseCounter, PulseReader, RollupStore } from "../../storage/ports.ts";
import { floorTo, TIERS } from "../../storage/tiers.ts";
import { latestOfOthers } from "../own-service.ts";
import { Beside } from "./beside.ts";
import { Judging, type Round } from "./judging.ts";
import { OwnSight } from "./own-sight.ts";
import { ServiceWatch } from "./service-watch.ts";

export interface KeeperOptions {
  reader: Pick<PulseReader, "latest" | "measures"> & Partial<PulseCounter>;
  rollups: Pick<RollupStore, "sealedUntil" | "marks">;
  health: HealthStore;
  settings: () => ServicesSettings;
  retentionMs: number;
  now: () => number;
  /** Services that are judged at one time. @default 1: a store in this process answers without a pause */
  concurrency?: number;
  /** How long (ms) a round waits for a service, before it is judged beside the rounds. @default 3,000 */
  patienceMs?: number;
  /** Called with each service whose kept runs have changed, and with each that is seen for the first time. */
  onChanged?: (service: string) => void;
}

/** What is judged are the cells that ended so long ago: most pulses have come by then. */
export const SETTLE_MS = 3000;
/** Marks of every service are read once in so many rounds. */
const MARKS_EVERY = 30;
/** What is remembered of every service is kept as often. */
const REMEMBER_EVERY = 60;
/** What other keepers have kept is looked at as often. */
const COMPARE_EVERY = 6;
/** Services that are kept at one time. */
const KEPT_AT_ONCE = 200;
/** A run that lasts is kept again before it expires. */
const RENEW_MS = 7 * TIERS.day;
const PIECE_MS = 5;

/** How a service is. */
export interface Judged {
  service: string;
  run: HealthRun;
  /** Epoch ms of its newest pulse. */
  newest: number;
}

export class Keeper {
  readonly #options: KeeperOptions;
  readonly #judging: Judging;
  readonly #sight: OwnSight;
  readonly #watches = new Map<string, ServiceWatch>();
  readonly #beside: Beside;
  /** Epoch ms: from when on it is seen otherwise than when the services began that are judged beside the rounds. */
  #seenOtherwiseFrom = Number.POSITIVE_INFINITY;
  #rounds = 0;
  #judgedUntil = 0;
  /** The last look at all services: when it was (epoch ms), and which there were. */
  #looked: { asOf: number; services: ReadonlyMap<string, number> } | undefined;

  constructor(options: KeeperOptions) {
    this.#options = options;
    const { reader, rollups, health, retentionMs, now } = options;
    this.#judging = new Judging({ reader, rollups, health, horizon: () => now() - retentionMs });
    this.#sight = new OwnSight({ reader, rollups, retentionMs });
    this.#beside = new Beside(options.patienceMs ?? 3000);
  }

  /** Epoch ms: until when this keeper has judged every service; 0 before its first round has ended. */
  get judgedUntil(): number {
    return this.#judgedUntil;
  }

  /** Every service that is judged. */
  *judged(): Generator<Judged> {
    for (const { service, current, newest } of this.#watches.values()) {
      if (current !== undefined) yield { service, run: current, newest };
    }
  }

  /** Judges every service once, and keeps what has changed. @throws {StoreError} when the store is away; the next round goes on */
  async round(): Promise<void> {
    const { reader, rollups, health, concurrency = 1 } = this.#options;
    const basis = await health.begin();
    const settled = floorTo(CELL_MS, basis.asOf - SETTLE_MS);
    // In this order: what is stored of before it from now on leaves a mark.
    const sealedUntil = floorTo(CELL_MS, await rollups.sealedUntil());
    const newest = await newestOf(reader);
    const { blind, changedFrom, ...sight } = await this.#sight.look(basis.asOf, settled, sealedUntil);
    if (this.#beside.size === 0) this.#seenOtherwiseFrom = Number.POSITIVE_INFINITY;
    if (changedFrom !== undefined) {
      for (const watch of this.#watches.values()) watch.doubt(changedFrom);
      this.#seenOtherwiseFrom = Math.min(this.#seenOtherwiseFrom, changedFrom);
    }
    if (sight.isCatchingUp) return;
    const until = Math.max(sight.knownUntil, this.#judgedUntil);
    if (this.#rounds % COMPARE_EVERY === 0) await this.#compare();
    for (const service of this.#watches.keys()) if (!newest.has(service)) this.#watches.delete(service);
    const round: Round = { asOf: basis.asOf, until, sealedUntil, blind };
    const changes: HealthChange[] = [];
    const limit = pLimit(concurrency);
    let pieceFrom = performance.now();
    await limit.map([...newest], async ([service, time]) => {
      if (this.#beside.has(service)) return;
      const judged = await this.#beside.wait(service, this.#judgeOne(service, time, round), {
        services: newest.size,
        later: (change) => this.#keepLater(service, change, basis),
      });
      if (judged?.said !== undefined) changes.push(judged.said);
      if (performance.now() - pieceFrom < PIECE_MS) return;
      await nextTurn();
      pieceFrom = performance.now();
    });
    for (let i = 0; i < changes.length; i += KEPT_AT_ONCE) {
      const some = changes.slice(i, i + KEPT_AT_ONCE);
      if (await health.keep(some, basis)) this.#noteKept(some, basis.asOf);
    }
    this.#looked = { asOf: basis.asOf, services: newest };
    if (await health.noteJudged(until)) this.#judgedUntil = until;
    this.#rounds++;
  }

  async #judgeOne(service: string, newest: number, round: Round): Promise<HealthChange | undefined> {
    const { health, settings } = this.#options;
    const watch = this.#watches.get(service) ?? (await this.#open(service));
    const turn = turnOf(service) + this.#rounds;
    if (watch.newest === Number.NEGATIVE_INFINITY || turn % MARKS_EVERY === 0) {
      await this.#judging.readMarks(watch, round.sealedUntil);
    }
    await this.#judging.judge(watch, newest, settings().of(service), round);
    const from = watch.unknownKeptFrom;
    if (from !== undefined) {
      watch.compareWith(from, await health.runs(service, { from, to: Number.POSITIVE_INFINITY }));
    }
    const change = watch.change(turn % REMEMBER_EVERY === 0);
    return change && { service, ...change };
  }

  async #open(service: string): Promise<ServiceWatch> {
    const absentAt = this.#looked?.services.has(service) === false ? this.#looked.asOf : undefined;
    const watch = new ServiceWatch(service, await this.#options.health.memory(service), absentAt);
    this.#watches.set(service, watch);
    this.#options.onChanged?.(service);
    return watch;
  }

  /** Keeps what was found of a service beside the rounds. */
  async #keepLater(service: string, change: HealthChange | undefined, basis: Basis): Promise<void> {
    if (change !== undefined && (await this.#options.health.keep([change], basis))) {
      this.#noteKept([change], basis.asOf);
    }
    this.#watches.get(service)?.doubt(this.#seenOtherwiseFrom);
  }

  /** Another keeper may have kept other runs, and a service may have been forgotten: then it is read again. */
  async #compare(): Promise<void> {
    const { health, now } = this.#options;
    const asOf = new Map<string, number>();
    for await (const chunk of health.current()) for (const current of chunk) asOf.set(current.service, current.asOf);
    for (const [service, watch] of this.#watches) {
      if (this.#beside.has(service)) continue;
      const kept = asOf.get(service);
      if (watch.keptAsOf === undefined || kept === watch.keptAsOf) {
        if (kept !== undefined && now() - kept > RENEW_MS) watch.renew();
      } else if (kept === undefined) this.#watches.delete(service);
      else watch.doubtKept(kept);
    }
  }

  #noteKept(changes: readonly HealthChange[], asOf: number): void {
    for (const { service, ...change } of changes) {
      this.#watches.get(service)?.noteKept(change, asOf);
      if (change.runs !== undefined) this.#options.onChanged?.(service);
    }
  }
}

async function newestOf(reader: Pick<PulseReader, "latest">): Promise<Map<string, number>> {
  const newest = new Map<string, number>();
  for await (const chunk of latestOfOthers(reader, undefined, true)) {
    for (const { service_name, event_time } of chunk) newest.set(service_name, event_time);
  }
  return newest;
}

/** Spreads services over the rounds, in every process alike. */
function turnOf(service: string): number {
  return Number.parseInt(hash("sha1", service).slice(0, 6), 16);
}
