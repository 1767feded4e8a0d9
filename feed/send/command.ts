// The command `send`, apart from its process; main.ts has the map.
import { DAY_MS } from "../../events/time.ts";
import { type CommandIo, exitCodeFrom } from "../command-io.ts";
import { createProgress } from "../progress.ts";
import { Requests } from "../requests.ts";
import { type FileJob, prepareFile } from "./job.ts";
import { readFileLines, readUntil } from "./line-source.ts";
import { readSendOptions, SEND_HELP, type SendOptions } from "./options.ts";
import { formatCounts, type SendCounts } from "./report.ts";
import { SendRun } from "./run.ts";
import { type SendState, StateWriter } from "./state.ts";

const SAVE_EVERY_MS = 250;
const SHOWN_BY_DRY_RUN = 3;
const SOME_REFUSED = 3;

/** Runs the command `send` and returns its exit code. */
export function runSend(args: readonly string[], io: CommandIo): Promise<number> {
  return exitCodeFrom(async () => {
    const options = readSendOptions(args, io.env, io.stdin.isTTY === true);
    if (options === undefined) {
      io.stdout.write(SEND_HELP);
      return 0;
    }
    const { file } = options;
    const counts = file === undefined ? await send(options, io, undefined) : await sendFile({ ...options, file }, io);
    if (counts === undefined) return 0;
    io.stdout.write(formatCounts(counts));
    return counts.refused > 0 ? SOME_REFUSED : 0;
  }, io);
}

/** Sends a file, or the rest of it; `undefined` when there is nothing left to send. */
async function sendFile(options: SendOptions & { file: string }, io: CommandIo): Promise<SendCounts | undefined> {
  const log = (line: string) => io.stderr.write(`${line}\n`);
  const job = await prepareFile(options, { now: Date.now, signal: io.stop.signal, log });
  if (io.stop.signal.aborted) return undefined;
  const { state, bytes, isResumed } = job;
  if (state.isFinished && state.position.bytes === bytes) {
    log(`${job.file} was sent before: ${state.accepted} pulses. Send it again with --restart.`);
    return undefined;
  }
  if (isResumed) log(`Going on after line ${state.position.line}; ${state.accepted} pulses were accepted before.`);
  if (state.shiftMs !== 0) log(`Times are shifted by ${describeShift(state.shiftMs)}.`);
  return send(options, io, job);
}

async function send(options: SendOptions, io: CommandIo, job: FileJob | undefined): Promise<SendCounts> {
  const { stop } = io;
  const name = job?.file ?? "standard input";
  const progress = createProgress(io.stderr, job?.bytes);
  const remedyOfAge = options.isShifted
    ? "The file spans more time than is kept: send its newer part only, or set PULSE_RETENTION_DAYS higher."
    : "Send old measurements with --shift-to-now, which makes the last one now.";
  const requests = options.isDryRun
    ? undefined
    : new Requests({ ...options, name, remedyOfAge, stop, log: progress.log });
  const states = job === undefined || options.isDryRun ? undefined : new StateWriter(job.stateFile);
  const start = job?.state.position ?? { line: 0, bytes: 0 };
  let savedAt = performance.now();
  let shown = 0;
  const run = new SendRun({
    ...options,
    name,
    rules: {
      format: options.format,
      service: options.service,
      status: options.status,
      shiftMs: job?.state.shiftMs ?? 0,
      idOf: job?.idOf ?? idsOfInput(),
      // A file's line without a time gets none: pulse-ingest dates it, and the line stays the same pulse when sent again.
      timeOfLine: job === undefined ? Date.now : undefined,
      now: Date.now,
    },
    columns: job?.columns,
    start,
    isLive: job === undefined,
    requests,
    show: (json) => {
      if (shown++ < SHOWN_BY_DRY_RUN) io.stdout.write(`${json}\n`);
    },
    stop,
    progress,
    onReached: async (reached) => {
      if (states === undefined || job === undefined || performance.now() - savedAt < SAVE_EVERY_MS) return;
      savedAt = performance.now();
      await states.save(stateAt(job.state, reached, false));
    },
  });
  const lines =
    job === undefined ? readUntil(io.stdin, start, stop.signal) : readFileLines(job.file, start, stop.signal);
  try {
    if (job !== undefined) await states?.save(job.state); // the shift, before the first pulse that has it
    const counts = await run.send(lines);
    if (job !== undefined) await states?.save(stateAt(job.state, run.reached, !stop.signal.aborted));
    return counts;
  } finally {
    progress.stop();
    await requests?.close();
  }
}

function stateAt(before: SendState, reached: SendRun["reached"], isFinished: boolean): SendState {
  return {
    ...before,
    position: reached.end,
    accepted: before.accepted + reached.accepted,
    refused: before.refused + reached.refused,
    isFinished,
  };
}

// Nothing tells one standard input from another: a second run sends other pulses.
function idsOfInput(): (line: number) => string {
  const prefix = `stdin-${crypto.randomUUID()}`;
  return (line) => `${prefix}:${line}`;
}

function describeShift(ms: number): string {
  const days = Math.abs(ms) / DAY_MS;
  return `${ms < 0 ? "-" : "+"}${days >= 1 ? `${days.toFixed(1)} days` : `${(days * 24).toFixed(2)} hours`}`;
}
