import { Pace } from "../pace.ts";
import type { Progress } from "../progress.ts";
import type { Requests } from "../requests.ts";
import { AckWindow, type LastLine, type Stretch } from "./ack-window.ts";
import type { CsvLayout } from "./csv.ts";
import type { Job } from "./job.ts";
import { textOf } from "./line-source.ts";
import type { FilePosition, Line } from "./lines.ts";
import { isHeader, readMeasurement } from "./measurement.ts";
import type { SendOptions } from "./options.ts";
import type { SendCounts } from "./report.ts";

export interface RunOptions {
  job: Job;
  options: Pick<SendOptions, "rate" | "batch" | "strict">;
  /** Absent: nothing is sent, and `show` gets each pulse. */
  requests: Requests | undefined;
  show: (json: string) => void;
  /** Stops the run. A fault aborts it, with a message for the user as the reason. */
  stop: AbortController;
  progress: Progress;
  /** Called after each answer. What it throws stops the run. */
  onReached: () => Promise<void>;
}

const MAX_REQUEST_BYTES = 1_000_000;
const MAX_REPORTED_LINES = 20;

/** Sends the lines of one job until there are no more, a fault occurs, or it is stopped. */
export class SendRun {
  readonly #run: RunOptions;
  readonly #window: AckWindow;
  readonly #pace: Pace;
  readonly #batchSize: number;
  readonly #startedAt = performance.now();
  #layout: CsvLayout | undefined;
  #batch = emptyBatch();
  #read: FilePosition;
  #last: LastLine | undefined;
  #opened: FilePosition;
  #lines = 0;
  #refused = 0;
  #openLine: number | undefined;

  constructor(run: RunOptions) {
    const { job, options, requests } = run;
    this.#run = run;
    const { accepted = 0, refused = 0 } = job.file?.state ?? {};
    this.#window = new AckWindow({ end: job.start, accepted, refused });
    this.#pace = new Pace(requests === undefined ? Number.POSITIVE_INFINITY : options.rate);
    // At a low rate ten small requests a second, rather than a large one now and then.
    this.#batchSize = Math.min(options.batch, Math.max(1, Math.ceil(options.rate / 10)));
    this.#layout = job.layout;
    this.#read = job.start;
    this.#opened = job.start;
  }

  async send(): Promise<SendCounts> {
    const { stop, requests } = this.#run;
    try {
      await this.#readAll();
      await this.#dispatch();
    } catch (error) {
      stop.abort((error as Error).message);
    }
    await requests?.settle();
    return {
      lines: this.#lines,
      accepted: requests?.accepted ?? 0,
      refused: this.#refused,
      openLine: this.#openLine,
      requests: requests?.count ?? 0,
      retries: requests?.retries ?? 0,
      seconds: (performance.now() - this.#startedAt) / 1000,
    };
  }

  /** All that has been answered without a gap, by this run and the runs before it. */
  get reached(): Readonly<Stretch> {
    return this.#window.reached;
  }

  async #readAll(): Promise<void> {
    const { job, stop } = this.#run;
    for await (const lines of job.read()) {
      for (const line of lines) {
        this.#take(line);
        if (this.#batch.jsons.length >= this.#batchSize || this.#batch.bytes >= MAX_REQUEST_BYTES)
          await this.#dispatch();
        if (stop.signal.aborted) return;
      }
      // Lines of standard input come as they are made: none waits for others to fill a request.
      if (job.file === undefined) await this.#dispatch();
    }
  }

  #take(line: Line): void {
    const { job, progress } = this.#run;
    const { text, fault, number, end, isOpen } = line;
    if (isOpen) {
      this.#openLine = number;
      progress.log(
        `${job.name}, line ${number}: no line break ends it yet, so it may be half written and was not sent. Send it with --final when the file is complete.`,
      );
      return;
    }
    this.#last = { start: this.#read, text: textOf(line) };
    this.#read = end;
    if (isHeader(line, job.rules)) {
      this.#layout ??= job.readLayout(line);
      return;
    }
    const outcome =
      text === undefined
        ? { kind: "bad" as const, reason: fault ?? "" }
        : readMeasurement(text, number, job.rules, this.#layout);
    if (outcome.kind === "blank") return;
    this.#lines++;
    if (outcome.kind === "bad") {
      this.#refuse(number, outcome.reason);
      return;
    }
    this.#batch.jsons.push(outcome.measurement.json);
    this.#batch.lines.push(number);
    this.#batch.bytes += outcome.measurement.json.length;
  }

  #refuse(line: number, reason: string): void {
    const { job, options, progress, stop } = this.#run;
    const message = `${job.name}, line ${line}: ${reason}`;
    this.#refused++;
    if (options.strict) {
      stop.abort(`${message}. Without --strict the line is left out.`);
      return;
    }
    this.#batch.refused++;
    if (this.#refused <= MAX_REPORTED_LINES) progress.log(message);
    if (this.#refused === MAX_REPORTED_LINES) progress.log("Further bad lines are counted only.");
  }

  async #dispatch(): Promise<void> {
    const { requests, stop, show, progress, onReached } = this.#run;
    if (this.#read === this.#opened || stop.signal.aborted) return;
    const { jsons, lines, refused } = this.#batch;
    const ack = this.#window.open({ end: this.#read, last: this.#last, accepted: jsons.length, refused });
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
      return onReached();
    });
  }
}

function emptyBatch(): { jsons: string[]; lines: number[]; bytes: number; refused: number } {
  return { jsons: [], lines: [], bytes: 0, refused: 0 };
}
