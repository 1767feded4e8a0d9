import { Pace } from "../pace.ts";
import type { Progress } from "../progress.ts";
import type { Requests } from "../requests.ts";
import { AckWindow, type Stretch } from "./ack-window.ts";
import { headerRule, isHeader } from "./job.ts";
import type { FilePosition, Line } from "./lines.ts";
import { type Columns, columnsOf, type LineRules, readMeasurement } from "./measurement.ts";
import type { SendCounts } from "./report.ts";

export interface RunOptions {
  /** What is sent, as messages call it. */
  name: string;
  rules: LineRules;
  columns: Columns | undefined;
  start: FilePosition;
  rate: number;
  batch: number;
  isStrict: boolean;
  /** Lines come as they are made: none waits for others to fill a request. */
  isLive: boolean;
  /** Absent: nothing is sent, and `show` gets each pulse. */
  requests: Requests | undefined;
  show: (json: string) => void;
  /** Stops the run. A fault aborts it, with a message for the user as the reason. */
  stop: AbortController;
  progress: Progress;
  /** Called after answers, with all that has been answered without a gap. What it throws stops the run. */
  onReached: (reached: Readonly<Stretch>) => Promise<void>;
}

const MAX_REQUEST_BYTES = 1_000_000;
const MAX_REPORTED_LINES = 20;

/** Sends the lines of one source until there are no more, a fault occurs, or it is stopped. */
export class SendRun {
  readonly #options: RunOptions;
  readonly #window: AckWindow;
  readonly #pace: Pace;
  readonly #batchSize: number;
  readonly #startedAt = performance.now();
  #columns: Columns | undefined;
  #batch = emptyBatch();
  #read: FilePosition;
  #opened: FilePosition;
  #lines = 0;
  #refused = 0;

  constructor(options: RunOptions) {
    this.#options = options;
    this.#window = new AckWindow({ end: options.start, accepted: 0, refused: 0 });
    this.#pace = new Pace(options.requests === undefined ? Number.POSITIVE_INFINITY : options.rate);
    // At a low rate ten small requests a second, rather than a large one now and then.
    this.#batchSize = Math.min(options.batch, Math.max(1, Math.ceil(options.rate / 10)));
    this.#columns = options.columns;
    this.#read = options.start;
    this.#opened = options.start;
  }

  async send(source: AsyncIterable<Line[]>): Promise<SendCounts> {
    const { stop, requests } = this.#options;
    try {
      await this.#readAll(source);
      await this.#dispatch();
    } catch (error) {
      stop.abort((error as Error).message);
    }
    await requests?.settle();
    return {
      lines: this.#lines,
      accepted: requests?.accepted ?? 0,
      refused: this.#refused,
      requests: requests?.count ?? 0,
      retries: requests?.retries ?? 0,
      seconds: (performance.now() - this.#startedAt) / 1000,
    };
  }

  /** All that has been answered without a gap. */
  get reached(): Readonly<Stretch> {
    return this.#window.reached;
  }

  async #readAll(source: AsyncIterable<Line[]>): Promise<void> {
    const { stop, isLive } = this.#options;
    for await (const lines of source) {
      for (const line of lines) {
        this.#take(line);
        if (this.#batch.jsons.length >= this.#batchSize || this.#batch.bytes >= MAX_REQUEST_BYTES)
          await this.#dispatch();
        if (stop.signal.aborted) return;
      }
      if (isLive) await this.#dispatch();
    }
  }

  #take(line: Line): void {
    const { rules, name, stop } = this.#options;
    this.#read = line.end;
    if (isHeader(line.end, rules.format)) {
      this.#columns ??= columnsOf(line.text ?? "");
      if (this.#columns === undefined) stop.abort(headerRule(name));
      return;
    }
    const outcome =
      line.text === undefined
        ? { kind: "bad" as const, reason: line.fault ?? "" }
        : readMeasurement(line.text, line.number, rules, this.#columns);
    if (outcome.kind === "blank") return;
    this.#lines++;
    if (outcome.kind === "bad") {
      this.#refuse(line.number, outcome.reason);
      return;
    }
    this.#batch.jsons.push(outcome.measurement.json);
    this.#batch.lines.push(line.number);
    this.#batch.bytes += outcome.measurement.json.length;
  }

  #refuse(line: number, reason: string): void {
    const { name, isStrict, progress, stop } = this.#options;
    this.#refused++;
    if (isStrict) {
      stop.abort(`${name}, line ${line}: ${reason}. Without --strict the line is left out.`);
      return;
    }
    this.#batch.refused++;
    if (this.#refused <= MAX_REPORTED_LINES) progress.log(`${name}, line ${line}: ${reason}`);
    if (this.#refused === MAX_REPORTED_LINES) progress.log("Further bad lines are counted only.");
  }

  async #dispatch(): Promise<void> {
    const { requests, stop, show, progress, onReached } = this.#options;
    if (this.#read === this.#opened || stop.signal.aborted) return;
    const { jsons, lines, refused } = this.#batch;
    const ack = this.#window.open({ end: this.#read, accepted: jsons.length, refused });
    this.#opened = this.#read;
    this.#batch = emptyBatch();
    if (requests === undefined || jsons.length === 0) {
      for (const json of jsons) show(json);
      ack();
      return;
    }
    await this.#pace.take(jsons.length, stop.signal);
    if (stop.signal.aborted) return;
    await requests.begin(jsons, lines, () => {
      ack();
      progress.update(this.#window.reached.end.bytes, requests.accepted);
      return onReached(this.#window.reached);
    });
  }
}

function emptyBatch(): { jsons: string[]; lines: number[]; bytes: number; refused: number } {
  return { jsons: [], lines: [], bytes: 0, refused: 0 };
}
