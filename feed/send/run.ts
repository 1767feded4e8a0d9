import { AckWindow, type Stretch } from "../ack-window.ts";
import { Lanes } from "../lanes.ts";
import { Pace, waitMs } from "../pace.ts";
import type { Progress } from "../progress.ts";
import type { PulseSender } from "../pulse-sender.ts";
import { headerRule, isHeader } from "./job.ts";
import type { Line, Position } from "./lines.ts";
import { type Columns, columnsOf, type LineRules, readMeasurement } from "./measurement.ts";
import { failureOf, type SendEnd, type SendReport } from "./report.ts";

export interface RunOptions {
  /** What is being sent, as messages call it. */
  name: string;
  url: URL;
  rules: LineRules;
  columns: Columns | undefined;
  start: Position;
  rate: number;
  batch: number;
  concurrency: number;
  isStrict: boolean;
  /** What to do about pulses that are older than the retention. */
  remedyOfAge: string;
  /** Lines come as they are made: none waits for others to fill a request. */
  isLive: boolean;
  /** Absent: nothing is sent, and `show` gets each pulse. */
  sender: PulseSender | undefined;
  show: (json: string) => void;
  /** Stops the run; the run stops itself with it at a fault. */
  stop: AbortController;
  progress: Progress;
  /** Called after answers, with all that has been answered without a gap. @throws ends the run */
  onReached: (reached: Readonly<Stretch>) => Promise<void>;
}

const MAX_REQUEST_BYTES = 1_000_000;
const MAX_REPORTED_LINES = 20;
const LAST_ANSWERS_MS = 5000;

/** Sends the lines of one source; ends when there are no more, at a fault, or when it is stopped. */
export class SendRun {
  readonly #options: RunOptions;
  readonly #window: AckWindow;
  readonly #lanes: Lanes;
  readonly #pace: Pace;
  readonly #batchSize: number;
  readonly #startedAt = performance.now();
  #columns: Columns | undefined;
  #batch: { jsons: string[]; lines: number[]; bytes: number; refused: number } = emptyBatch();
  #read: Position;
  #opened: Position;
  #failure: string | undefined;
  #lines = 0;
  #accepted = 0;
  #refused = 0;
  #requests = 0;

  constructor(options: RunOptions) {
    this.#options = options;
    this.#window = new AckWindow({ end: options.start, accepted: 0, refused: 0 });
    this.#lanes = new Lanes(options.concurrency);
    this.#pace = new Pace(options.sender === undefined ? Number.POSITIVE_INFINITY : options.rate);
    // At a low rate ten requests a second, rather than one with many pulses now and then.
    this.#batchSize = Math.min(options.batch, Math.max(1, Math.ceil(options.rate / 10)));
    this.#columns = options.columns;
    this.#read = options.start;
    this.#opened = options.start;
  }

  async send(source: AsyncIterable<Line[]>): Promise<SendReport> {
    const { signal } = this.#options.stop;
    try {
      await this.#readAll(source);
      if (!signal.aborted) await this.#dispatch();
    } catch (error) {
      this.#fail((error as Error).message);
    }
    await this.#lastAnswers();
    return {
      end: this.#end(),
      lines: this.#lines,
      accepted: this.#accepted,
      refused: this.#refused,
      requests: this.#requests,
      retries: this.#options.sender?.retries ?? 0,
      seconds: (performance.now() - this.#startedAt) / 1000,
    };
  }

  /** All that has been answered without a gap. */
  get reached(): Readonly<Stretch> {
    return this.#window.reached;
  }

  async #readAll(source: AsyncIterable<Line[]>): Promise<void> {
    const { signal } = this.#options.stop;
    for await (const lines of source) {
      for (const line of lines) {
        this.#take(line);
        if (this.#batch.jsons.length >= this.#batchSize || this.#batch.bytes >= MAX_REQUEST_BYTES)
          await this.#dispatch();
        if (signal.aborted) return;
      }
      if (this.#options.isLive) await this.#dispatch();
    }
  }

  #take(line: Line): void {
    const { rules, name } = this.#options;
    this.#read = line.end;
    if (isHeader(line.end, rules.format)) {
      this.#columns ??= columnsOf(line.text ?? "");
      if (this.#columns === undefined) this.#fail(headerRule(name));
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
    const { name, isStrict, progress } = this.#options;
    this.#refused++;
    if (isStrict) {
      this.#fail(`${name}, line ${line}: ${reason}. Without --strict it would be passed over.`);
      return;
    }
    this.#batch.refused++;
    if (this.#refused <= MAX_REPORTED_LINES) progress.log(`${name}, line ${line}: ${reason}`);
    if (this.#refused === MAX_REPORTED_LINES) progress.log("Further bad lines are counted only.");
  }

  async #dispatch(): Promise<void> {
    const { sender, stop, show } = this.#options;
    if (this.#read === this.#opened || this.#failure !== undefined) return;
    const { jsons, lines, refused } = this.#batch;
    const ack = this.#window.open({ end: this.#read, accepted: jsons.length, refused });
    this.#opened = this.#read;
    this.#batch = emptyBatch();
    if (sender === undefined || jsons.length === 0) {
      for (const json of jsons) show(json);
      ack();
      return;
    }
    await this.#pace.take(jsons.length, stop.signal);
    if (stop.signal.aborted) return;
    await this.#lanes.begin(() => this.#request(sender, jsons, lines, ack));
  }

  async #request(sender: PulseSender, jsons: string[], lines: number[], ack: () => void): Promise<void> {
    const { name, url, remedyOfAge, progress, onReached } = this.#options;
    this.#requests++;
    const outcome = await sender.send(jsons);
    if (outcome.kind === "stopped") return;
    if (outcome.kind !== "accepted") {
      this.#fail(failureOf(outcome, { name, url, lines, remedyOfAge }));
      return;
    }
    this.#accepted += jsons.length;
    ack();
    progress.update(this.#window.reached.end.bytes, this.#accepted);
    await onReached(this.#window.reached).catch((error: Error) => this.#fail(error.message));
  }

  // What is under way when the run is stopped may still be answered; it is not waited for without end.
  async #lastAnswers(): Promise<void> {
    if (!this.#options.stop.signal.aborted) return this.#lanes.idle();
    const answered = new AbortController();
    const giveUp = waitMs(LAST_ANSWERS_MS, answered.signal);
    await Promise.race([this.#lanes.idle(), giveUp]);
    answered.abort();
  }

  #fail(message: string): void {
    this.#failure ??= message;
    this.#options.stop.abort();
  }

  #end(): SendEnd {
    if (this.#failure !== undefined) return { kind: "failed", message: this.#failure };
    return { kind: this.#options.stop.signal.aborted ? "interrupted" : "done" };
  }
}

function emptyBatch(): { jsons: string[]; lines: number[]; bytes: number; refused: number } {
  return { jsons: [], lines: [], bytes: 0, refused: 0 };
}
