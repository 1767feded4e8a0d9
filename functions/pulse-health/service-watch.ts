import type { HealthRun } from "../../events/health-run.ts";
import { CELL_MS } from "../../health/cell.ts";
import { type Memory, memoryOf, neededFrom, recall, remember, stateOf, withoutGone } from "../../health/memory.ts";
import { type ResumeOptions, resume } from "../../health/resume.ts";
import type { RuleSettings } from "../../health/rule.ts";
import { judge, type TimelineState } from "../../health/timeline.ts";
import type { HealthChange, KeptMemory } from "../../storage/health-ports.ts";
import type { Span } from "../../storage/span.ts";
import { floorTo } from "../../storage/tiers.ts";
import { Arrivals } from "./arrivals.ts";
import { type CellSpan, firstDifference, within } from "./cells.ts";
import { lookbackOf, windowOf } from "./lookback.ts";
import { differsFrom } from "./run-difference.ts";

const NO_CELLS: CellSpan = { from: Number.POSITIVE_INFINITY, to: Number.NEGATIVE_INFINITY, cells: [] };
/** Of most services. */
export const NO_MARKS: ReadonlyMap<number, string> = new Map();

/** What is known of one service while the keeper runs. It reads and writes nothing. */
export class ServiceWatch {
  readonly service: string;
  /** Epoch ms of the newest pulse that was seen. */
  newest = Number.NEGATIVE_INFINITY;
  /** Epoch ms: all before it is judged with every pulse that came without a mark. */
  settledUntil: number;
  /** What was last read of its marks. */
  marks = NO_MARKS;
  /** The `asOf` of the change that was kept last. */
  keptAsOf: number | undefined;
  #memory: Memory;
  #savedUntil: number;
  /** Whether what is remembered in the store has a usual period. */
  #isPeriodSaved: boolean;
  #cells: CellSpan = NO_CELLS;
  #unchangedUntil: number;
  readonly #arrivals: Arrivals;
  /** The runs that may still change, as they were judged, and as they are kept. */
  #runs: readonly HealthRun[] = [];
  #kept: readonly HealthRun[] = [];
  /** From when on `#kept` is what the store has. */
  #keptFrom = Number.POSITIVE_INFINITY;

  /** @param absentAt epoch ms of a look at which the service had no pulse; `undefined` where there was none */
  constructor(service: string, kept: KeptMemory | undefined, absentAt?: number) {
    this.service = service;
    const state = kept && stateOf(kept);
    this.#memory = state?.states ?? [];
    this.#savedUntil = kept?.judgedUntil ?? Number.NEGATIVE_INFINITY;
    this.#isPeriodSaved = this.#hasPeriod;
    this.settledUntil = state?.settledUntil ?? Number.NEGATIVE_INFINITY;
    if (state !== undefined && state.marks.length > 0) this.marks = new Map(state.marks);
    this.#arrivals = new Arrivals(state, absentAt);
    this.#unchangedUntil = this.settledUntil;
  }

  /** Epoch ms; negative infinity while nothing is judged. */
  get judgedUntil(): number {
    return this.#memory.at(-1)?.judgedUntil ?? Number.NEGATIVE_INFINITY;
  }

  /** The newest run; `undefined` while nothing is judged. */
  get current(): HealthRun | undefined {
    return this.#runs.at(-1);
  }

  /** From when on the kept runs have to be read, as they are compared with those that were judged; `undefined` when they are known. */
  get unknownKeptFrom(): number | undefined {
    const oldest = this.#runs[0]?.since;
    return oldest !== undefined && oldest < this.#keptFrom ? oldest : undefined;
  }

  /** The pulses from a time on (epoch ms) may have changed. */
  doubt(from: number): void {
    this.#unchangedUntil = Math.min(this.#unchangedUntil, from);
  }

  /** What was counted is newer than the newest pulse that was known: it is judged, also where all of that time is. */
  doubtWhatCame(): void {
    const first = this.#cells.cells.find(({ lastTime }) => lastTime > this.newest);
    if (first !== undefined) this.doubt(first.start);
  }

  /** Pulses from a time on (epoch ms) came late: nothing that was counted is relied on. */
  forgetCells(from: number): void {
    this.doubt(Math.min(from, this.settledUntil));
    this.#cells = NO_CELLS;
  }

  /** Until when it is to be judged (epoch ms). What was judged beyond that is taken back: its pulses come later than it seemed. */
  untilWhen(newest: number, until: number): number {
    const can = this.#arrivals.judgeableUntil(newest, until);
    if (can < until) this.doubt(can);
    return can;
  }

  /** All that has come as of a time is counted, up to the newest pulse (both in epoch ms). */
  noteLook(newest: number, asOf: number): void {
    const former = this.newest;
    this.newest = newest;
    if (newest !== former)
      this.#arrivals.note(this.#cells.cells.find(({ start }) => start > former)?.firstTime ?? newest, newest);
    this.#arrivals.noteLook(asOf);
  }

  /** The state from which to judge. */
  get start(): TimelineState | undefined {
    return recall(this.#memory, this.#unchangedUntil);
  }

  /** Pulses from before a time (epoch ms) are gone. */
  forgetGone(horizon: number): void {
    this.#memory = withoutGone(this.#memory, horizon);
  }

  /** Where pulses that were judged cannot be read any more, what was judged of them stays. */
  resume(options: Omit<ResumeOptions, "memory">): void {
    const state = resume({ ...options, memory: this.#memory });
    if (state === undefined) return;
    const [oldest] = this.#memory;
    if (oldest === undefined || state.judgedUntil < oldest.judgedUntil) this.#memory = [state, ...this.#memory];
    this.#unchangedUntil = Math.max(this.#unchangedUntil, (this.#memory[0] as TimelineState).judgedUntil);
  }

  /** From when on cells are needed to go on from the start, and whether they are there. */
  needs(settings: RuleSettings, isWhole: boolean): { from: number; areThere: boolean } {
    const { start } = this;
    const from = isWhole || start === undefined ? neededFrom(start) : start.judgedUntil - lookbackOf(start, settings);
    return { from, areThere: this.#cells.from <= from };
  }

  /** Takes what was read of a span. Where it does not touch what is there, it replaces all of that. */
  take({ from, to, cells }: CellSpan): void {
    const known = this.#cells;
    const overlap = { from: Math.max(from, known.from), to: Math.min(to, known.to) };
    const difference = firstDifference(within(known.cells, overlap), within(cells, overlap));
    if (difference !== undefined) this.doubt(difference);
    if (from > known.to || to < known.from) this.#cells = { from, to, cells };
    else {
      const before = within(known.cells, { from: known.from, to: from });
      const after = within(known.cells, { from: to, to: known.to });
      const all = { from: Math.min(from, known.from), to: Math.max(to, known.to) };
      this.#cells = { ...all, cells: [...before, ...cells, ...after] };
    }
  }

  /** The span of which all pulses are counted. */
  get counted(): Span {
    const { from, to } = this.#cells;
    return { from, to };
  }

  /** How many pulses were counted in a span of whole cells. */
  countIn(span: Span): number {
    return within(this.#cells.cells, span).reduce((sum, { count }) => sum + count, 0);
  }

  /** Judges up to a time. @returns false where older cells than those that are there would be needed */
  judge(until: number, settings: RuleSettings, blind: readonly Span[]): boolean {
    const { start } = this;
    const { cells, from } = this.#cells;
    const { runs, states } = judge({ settings, state: start, cells, until, blind });
    const newest = states.at(-1) as TimelineState;
    const wanted =
      start === undefined ? from : Math.max(neededFrom(start), start.judgedUntil - windowOf(newest, settings));
    if (wanted < from) return false;
    this.#memory = remember(this.#memory, start, states);
    this.#unchangedUntil = newest.judgedUntil;
    const [first] = runs;
    if (first !== undefined) this.#runs = this.#runs.filter(({ since }) => since < first.since).concat(runs);
    this.#trim(settings);
    return true;
  }

  /** Takes what the store has of the runs that begin at a time or later. */
  compareWith(from: number, kept: readonly HealthRun[]): void {
    this.#kept = kept.filter(({ since }) => since >= from);
    this.#keptFrom = from;
  }

  /** Another keeper has kept something as of a time: the store may have other runs than are known. */
  doubtKept(asOf: number): void {
    this.#keptFrom = Number.POSITIVE_INFINITY;
    this.keptAsOf = asOf;
  }

  /** Takes the newest run for one that is not kept. */
  renew(): void {
    this.#kept = this.#kept.slice(0, -1);
  }

  /** What is not kept yet. */
  change(mayRemember: boolean): Omit<HealthChange, "service"> | undefined {
    const change: Omit<HealthChange, "service"> = {};
    const from = differsFrom(this.#runs, this.#kept);
    if (from !== undefined) {
      const span = { from, to: Number.POSITIVE_INFINITY };
      change.runs = { span, runs: this.#runs.filter(({ since }) => since >= from) };
    }
    const { judgedUntil } = this;
    // The first period that is learnt is kept at once, too: others show it.
    const isNews = (this.#hasPeriod && !this.#isPeriodSaved) || this.#arrivals.isNews;
    const isDue = mayRemember || isNews;
    if (isDue && this.#memory.length > 0 && (isNews || this.newest >= this.#savedUntil)) {
      const { settledUntil } = this;
      const { lags, newestLags } = this.#arrivals;
      const marks = [...this.marks];
      change.memory = memoryOf({ states: this.#memory, settledUntil, marks, lags, newestLags }, judgedUntil);
    }
    return change.runs === undefined && change.memory === undefined ? undefined : change;
  }

  /** A change is kept as of a time. */
  noteKept({ runs, memory }: Omit<HealthChange, "service">, asOf: number): void {
    if (memory !== undefined) {
      this.#savedUntil = memory.judgedUntil;
      this.#isPeriodSaved = this.#hasPeriod;
      this.#arrivals.noteKept();
    }
    if (runs === undefined) return;
    this.#kept = this.#kept.filter(({ since }) => since < runs.span.from).concat(runs.runs);
    this.keptAsOf = asOf;
    this.#forgetOld();
  }

  get #hasPeriod(): boolean {
    return this.#memory.at(-1)?.period?.learnt !== undefined;
  }

  /** Runs from before what is settled change only once they are judged again, and are read again then. */
  #forgetOld(): void {
    const from = recall(this.#memory, this.settledUntil)?.runs[0]?.since;
    if (from === undefined) return;
    const isOld = ({ since }: HealthRun) => since < from;
    // What a filter returns has room for more.
    if (this.#runs.some(isOld)) this.#runs = this.#runs.filter((run) => !isOld(run)).slice();
    if (this.#kept.some(isOld)) this.#kept = this.#kept.filter((run) => !isOld(run)).slice();
    this.#keptFrom = Math.max(this.#keptFrom, from);
  }

  #trim(settings: RuleSettings): void {
    const newest = this.#memory.at(-1) as TimelineState;
    const oldest = Math.min(newest.judgedUntil, this.settledUntil);
    const from = floorTo(CELL_MS, oldest - lookbackOf(newest, settings));
    if (from <= this.#cells.from) return;
    this.#cells = { from, to: this.#cells.to, cells: within(this.#cells.cells, { from, to: this.#cells.to }) };
  }
}
