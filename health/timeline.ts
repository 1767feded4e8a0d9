// From cells to runs. What a timeline remembers depends on the cells before it alone, so that one that was stopped, or went back
// to before a late pulse, goes on to the same runs as one that begins with the first pulse.
import type { Health } from "../events/health.ts";
import type { HealthRun } from "../events/health-run.ts";
import { DAY_MS } from "../events/time.ts";
import type { Span } from "../storage/span.ts";
import { floorTo, HOUR_MS } from "../storage/tiers.ts";
import { calmSince, calmTimes } from "./calm.ts";
import { CALM_CAUSE, causeOf, heldCauseOf, silenceCause } from "./cause.ts";
import { CELL_MS, type HealthCell } from "./cell.ts";
import { changeAt } from "./change.ts";
import { learn, type PeriodState } from "./period.ts";
import { isBad, type Judged, type Patience, patienceOf, type RuleSettings, type Verdict, verdictOf } from "./rule.ts";
import { MAX_WINDOW_MS, wholeWindowOf, windowOf } from "./window.ts";

/** All that a timeline remembers between two judgements, as JSON. */
export interface TimelineState {
  /** Epoch ms, a whole cell: all before it is judged. */
  judgedUntil: number;
  period?: PeriodState | undefined;
  /** The health of the newest pulse. */
  newest?: Health | undefined;
  /** Whether the newest run is one of silence. */
  isSilent: boolean;
  /** Whether one or two pulses began the newest run, and shares would not have yet. */
  isOfFew?: boolean | undefined;
  /** The newest run, and the one before it: what comes may still change the newest. */
  runs: HealthRun[];
}

export interface JudgeOptions {
  settings: RuleSettings;
  /** Where the last judgement ended; absent: nothing is known. */
  state: TimelineState | undefined;
  /** Cells in order, from {@link LOOKBACK_MS} before `state.judgedUntil` on. Those at or after `until` are left for later. */
  cells: readonly HealthCell[];
  /** Epoch ms; judged are whole cells. */
  until: number;
  /** When PulseMesh itself stored nothing: silence then tells nothing. In order. */
  blind?: readonly Span[];
}

/** So much before what is judged is needed of the cells that are judged already. */
export const LOOKBACK_MS = MAX_WINDOW_MS;

/** After so long a silence, the health of a service without a usual period is unknown. */
const FORGOTTEN_AFTER_MS = DAY_MS;
/** A state that lasted no longer on the way to another one was passed through, and is none. */
const PASSED_THROUGH_MS = 2 * CELL_MS;

export interface Judgement {
  /** Oldest first, in place of all runs that begin with or after the first of them; none where no pulse came. */
  runs: HealthRun[];
  /** What to remember, and before it what would have been at the whole hours on the way. */
  states: [...TimelineState[], TimelineState];
}

/** Goes on judging. */
export function judge(options: JudgeOptions): Judgement {
  return new Timeline(options).run();
}

/** Runs once a judgement has gone on from them. */
export function withJudged(runs: readonly HealthRun[], judged: Pick<Judgement, "runs">): HealthRun[] {
  const first = judged.runs[0];
  return first === undefined ? [...runs] : [...runs.filter(({ since }) => since < first.since), ...judged.runs];
}

class Timeline {
  readonly #options: JudgeOptions;
  readonly #until: number;
  readonly #judgedUntil: number;
  readonly #runs: HealthRun[];
  #period: PeriodState | undefined;
  #newest: Health | undefined;
  #isSilent: boolean;
  #isOfFew: boolean;

  constructor(options: JudgeOptions) {
    this.#options = options;
    this.#judgedUntil = options.state?.judgedUntil ?? Number.NEGATIVE_INFINITY;
    this.#until = Math.max(floorTo(CELL_MS, options.until), this.#judgedUntil);
    this.#runs = [...(options.state?.runs ?? [])];
    this.#period = options.state?.period;
    this.#newest = options.state?.newest;
    this.#isSilent = options.state?.isSilent ?? false;
    this.#isOfFew = options.state?.isOfFew ?? false;
  }

  run(): Judgement {
    const { cells } = this.#options;
    const states: TimelineState[] = [];
    let hour = Number.POSITIVE_INFINITY;
    let count = 0;
    for (const [i, cell] of cells.entries()) {
      if (cell.end > this.#until) break;
      count = i + 1;
      if (cell.start < this.#judgedUntil) continue;
      this.#calmDown(i, cell.start);
      this.#keepSilence(cell.start);
      if (cell.start >= hour) states.push(this.#state(cell.start));
      hour = floorTo(HOUR_MS, cell.start) + HOUR_MS;
      this.#visit(this.#newestOf(i + 1), cell);
    }
    this.#calmDown(count, this.#until);
    this.#keepSilence(this.#until);
    return { runs: [...this.#runs], states: [...states, this.#state(this.#until)] };
  }

  #state(judgedUntil: number): TimelineState {
    return {
      judgedUntil,
      isSilent: this.#isSilent,
      runs: this.#runs.slice(-2),
      period: this.#period,
      newest: this.#newest,
      isOfFew: this.#isOfFew || undefined,
    };
  }

  /** Of the first so many cells, those that may be in a window. */
  #newestOf(count: number): HealthCell[] {
    return this.#options.cells.slice(Math.max(0, count - MAX_WINDOW_MS / CELL_MS), count);
  }

  #patience(): Patience | undefined {
    return patienceOf(this.#period?.learnt, this.#options.settings);
  }

  #visit(cells: readonly HealthCell[], cell: HealthCell): void {
    const { settings } = this.#options;
    const [newest, beforeInCell] = cell.newest();
    // Of the pulse before the newest one.
    const beforeAt = beforeInCell === undefined ? this.#period?.cell[1] : cell.firstTime;
    const before = beforeInCell ?? this.#newest;
    const run = this.#isSilent ? undefined : this.#runs.at(-1);
    this.#newest = newest;
    this.#isSilent = false;
    this.#period = learn(this.#period, cell);
    const usualPeriodMs = this.#patience()?.dueMs;
    if (this.#isCalm(cells, cell.end)) return;
    // What a service has recovered from is not counted again.
    const isBack = usualPeriodMs === undefined && run?.health === "up";
    const window = windowOf(isBack ? cells.filter(({ end }) => end > run.since) : cells, usualPeriodMs);
    const judged: Judged = { window, newest, before, current: run?.health, usualPeriodMs };
    const verdict = verdictOf(judged, settings);
    if (verdict === undefined) return;
    if (verdict.health === run?.health) {
      this.#renewCause(verdict, judged);
      return;
    }
    const { health, by } = verdict;
    let since = cell.firstTime;
    if (run !== undefined && by === "window")
      since = changeAt({ health, window: wholeWindowOf(cells, window), run, settings });
    else if (run !== undefined) since = (by === "pair" ? beforeAt : undefined) ?? cell.lastTime;
    this.#begin({ since, health, confirmedAt: cell.end, cause: causeOf(verdict) }, run);
    this.#isOfFew = by !== "window";
  }

  /** One or two pulses began a bad run: once shares hold it they are its cause, until they alone would have begun it. */
  #renewCause(verdict: Verdict, judged: Judged): void {
    const run = this.#runs.at(-1);
    if (!this.#isOfFew || run === undefined || !isBad(run.health) || verdict.by !== "window") return;
    const isBegunAlone = verdictOf({ ...judged, current: "up" }, this.#options.settings)?.health === run.health;
    this.#runs[this.#runs.length - 1] = { ...run, cause: isBegunAlone ? causeOf(verdict) : heldCauseOf(verdict) };
    this.#isOfFew = !isBegunAlone;
  }

  /** Whether a bad run ends at the end of a cell since the service is calm again, without a usual period: see calm.ts. */
  #isCalm(cells: readonly HealthCell[], end: number): boolean {
    if (this.#isSilent || !isBad(this.#runs.at(-1)?.health) || this.#patience() !== undefined) return false;
    const since = calmSince(cells, end);
    if (since === undefined) return false;
    // It was bad, however short: nothing is passed through on the way back.
    this.#push({ since, health: "up", confirmedAt: end, cause: CALM_CAUSE });
    return true;
  }

  /** Looks whether a service has become calm between the newest of the first so many cells and a time (epoch ms). */
  #calmDown(count: number, until: number): void {
    if (!isBad(this.#runs.at(-1)?.health)) return;
    const cells = this.#newestOf(count);
    for (const end of calmTimes(cells)) if (end > until || this.#isCalm(cells, end)) return;
  }

  /** @param current the run that it ends, unless silence does */
  #begin(run: HealthRun, current: HealthRun | undefined): void {
    const isPassed = current !== undefined && run.since < current.since + PASSED_THROUGH_MS;
    if (isPassed && this.#runs.at(-2)?.health !== run.health) {
      this.#runs[this.#runs.length - 1] = { ...run, since: current.since };
    } else this.#push(run);
  }

  /** A run begins after the one before it, and differs from it. */
  #push(run: HealthRun): void {
    const last = this.#runs.at(-1);
    if (last === undefined) this.#runs.push(run);
    else if (last.health !== run.health) this.#runs.push({ ...run, since: Math.max(run.since, last.since + 1) });
  }

  #pushSilence(run: HealthRun): void {
    this.#push(run);
    this.#isSilent = true;
  }

  /** Says what silence from the newest pulse until a time means. */
  #keepSilence(until: number): void {
    const last = this.#period?.cell[1];
    if (last === undefined || this.#runs.at(-1)?.health === "late") return;
    const patience = this.#patience();
    if (patience === undefined) {
      const since = last + FORGOTTEN_AFTER_MS;
      const confirmedAt = firstCellAfter(since);
      if (this.#isSilent || confirmedAt > until) return;
      const cause = "no pulse for a day, and no usual period is known";
      this.#pushSilence({ since, health: "unknown", confirmedAt, cause });
      return;
    }
    let since = last + patience.dueMs;
    let lateAt = last + patience.lateMs;
    for (const blind of this.#options.blind ?? []) {
      if (blind.to <= last || blind.from >= Math.min(lateAt, until)) continue;
      const confirmedAt = firstCellAfter(Math.max(lateAt, blind.from));
      if (since < blind.to && confirmedAt <= Math.min(blind.to, until) && !this.#isSilent) {
        const from = Math.max(since, blind.from);
        this.#pushSilence({ since: from, health: "unknown", confirmedAt, cause: "PulseMesh itself stored nothing" });
      }
      // Silence counts only while PulseMesh would have seen a pulse.
      lateAt += blind.to - Math.max(blind.from, last);
      since = Math.max(since, blind.to);
    }
    const confirmedAt = firstCellAfter(lateAt);
    if (confirmedAt > until) return;
    const cause = silenceCause(confirmedAt - last, patience.dueMs);
    this.#pushSilence({ since, health: "late", confirmedAt, cause });
  }
}

/** The first end of a cell after a time. */
function firstCellAfter(time: number): number {
  return floorTo(CELL_MS, time) + CELL_MS;
}
