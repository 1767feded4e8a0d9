import { CELL_MS } from "../../health/cell.ts";
import type { ServiceSettings } from "../../health/service-settings.ts";
import { LOOKBACK_MS } from "../../health/timeline.ts";
import type { HealthReader } from "../../storage/health-ports.ts";
import type { PulseCounter, PulseReader, RollupStore } from "../../storage/ports.ts";
import type { Span } from "../../storage/span.ts";
import { floorTo, TIERS } from "../../storage/tiers.ts";
import { type CellSpan, readCells, readNewestCells } from "./cells.ts";
import { NO_MARKS, type ServiceWatch } from "./service-watch.ts";

/** What one look at all services knows. */
export interface Round {
  /** Epoch ms: the pulses that were stored by then are judged. */
  asOf: number;
  /** Epoch ms: whole cells before it are judged. */
  until: number;
  /** Epoch ms: what is stored from now on of before it leaves a mark. */
  sealedUntil: number;
  /** When PulseMesh itself stored nothing. */
  blind: readonly Span[];
}

export interface JudgingOptions {
  reader: Pick<PulseReader, "measures"> & Partial<PulseCounter>;
  rollups: Pick<RollupStore, "marks">;
  health: Pick<HealthReader, "runs">;
  /** The oldest time that is still shown. */
  horizon(): number;
}

/** Of a past that is judged again, so much at one time: a day of a service that never pauses has 8,640 cells. */
const STEP_MS = 6 * TIERS.hour;
/** Where no state is remembered from which to go on, about as many of a service's newest pulses are judged: some 50 ms. */
const FIRST_PULSES = 50_000;

/** Reads what came of a service, and judges it up to the present. */
export class Judging {
  readonly #options: JudgingOptions;

  constructor(options: JudgingOptions) {
    this.#options = options;
  }

  /** Looks for pulses that came late. @throws {StoreError} */
  async readMarks(watch: ServiceWatch, sealedUntil: number): Promise<void> {
    const { rollups, horizon } = this.#options;
    const marks = await rollups.marks(watch.service, { from: horizon(), to: sealedUntil });
    const hours = [...marks].filter(([hour, mark]) => watch.marks.get(hour) !== mark).map(([hour]) => hour);
    if (hours.length > 0) watch.forgetCells(Math.min(...hours));
    watch.marks = marks.size === 0 ? NO_MARKS : marks;
  }

  /** @param newest epoch ms of the service's newest pulse @throws {StoreError} */
  async judge(watch: ServiceWatch, newest: number, settings: ServiceSettings, round: Round): Promise<void> {
    const source = { reader: this.#options.reader, service: watch.service, healthOfStatus: settings.healthOfStatus };
    const { sealedUntil, blind } = round;
    watch.forgetGone(this.#options.horizon());
    await this.#settle(watch, newest, sealedUntil, source);
    let countFrom = whereToCount(watch, newest);
    for (let isWhole = false; ; ) {
      const { start } = watch;
      const stepEnd = start === undefined ? round.until : Math.min(round.until, start.judgedUntil + STEP_MS);
      const { from, areThere } = watch.needs(settings, isWhole);
      if (!areThere && start === undefined) {
        const counted = await readNewestCells(source, { until: stepEnd, maxPulses: FIRST_PULSES });
        watch.take(counted);
        await this.#resume(watch, counted, watch.untilWhen(newest, round.until));
      } else if (!areThere) {
        await this.#count(watch, { from: Math.min(from, countFrom ?? from), to: stepEnd }, source);
        if (countFrom !== undefined) {
          watch.doubtWhatCame();
          // What came may lie beyond that, too.
          countFrom = stepEnd < watch.counted.to ? Math.max(countFrom, stepEnd) : undefined;
        }
      } else if (watch.counted.to < stepEnd || countFrom !== undefined) {
        const span = { from: countFrom ?? watch.counted.to, to: Math.max(stepEnd, watch.counted.to) };
        countFrom = undefined;
        // A silent service costs no reading.
        if (newest >= span.from) await this.#count(watch, span, source);
        else watch.take({ ...span, cells: [] });
        watch.doubtWhatCame();
      }
      if (watch.start !== start) continue;
      watch.noteLook(newest, round.asOf);
      const until = watch.untilWhen(newest, round.until);
      if (watch.start !== start) continue;
      const end = Math.min(stepEnd, until);
      if (!watch.judge(end, settings, blind)) isWhole = true;
      else if (end === until) return;
    }
  }

  /** Goes on from what is kept, where there were pulses before those that were read. */
  async #resume(watch: ServiceWatch, { from: oldest, cells }: CellSpan, until: number): Promise<void> {
    const from = Math.max(oldest, cells[0]?.start ?? until);
    const kept = await this.#options.health.runs(watch.service, { from, to: from + LOOKBACK_MS });
    watch.resume({ from, until, cells, kept });
  }

  /** Looks once more at what is sealed since the last time: some pulses come a little late, and leave no mark. */
  async #settle(watch: ServiceWatch, newest: number, sealedUntil: number, source: Parameters<typeof readCells>[0]) {
    const span = {
      from: Math.max(watch.settledUntil, watch.counted.from),
      to: Math.min(sealedUntil, watch.counted.to),
    };
    if (span.from < span.to && newest >= span.from && (await this.#hasMore(watch, span))) {
      await this.#count(watch, span, source);
    }
    watch.settledUntil = Math.max(watch.settledUntil, sealedUntil);
  }

  /** Pulses only come, one by one: as many are the same. */
  async #hasMore(watch: ServiceWatch, span: Span): Promise<boolean> {
    const count = await this.#options.reader.count?.(watch.service, span);
    return count === undefined || count !== watch.countIn(span);
  }

  async #count(watch: ServiceWatch, span: Span, source: Parameters<typeof readCells>[0]): Promise<void> {
    watch.take({ ...span, cells: await readCells(source, span) });
  }
}

/**
 * After the newest pulse that was known there was none. What came since may be older than what is counted already; what came of the
 * cell of that pulse itself is found when it is settled.
 */
function whereToCount(watch: ServiceWatch, newest: number): number | undefined {
  const from = Math.min(floorTo(CELL_MS, watch.newest) + CELL_MS, floorTo(CELL_MS, newest));
  return newest !== watch.newest && from < watch.counted.to ? from : undefined;
}
