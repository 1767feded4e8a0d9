// The command `send`, apart from its process; main.ts has the map.
import { DAY_MS } from "../../events/time.ts";
import { makeDataFolder } from "../../settings/data-folder.ts";
import { forTerminal } from "../../settings/terminal-text.ts";
import { type CommandIo, exitCodeFrom } from "../command-io.ts";
import { createProgress } from "../progress.ts";
import { Requests } from "../requests.ts";
import { type Job, type JobIo, prepareFile, prepareInput } from "./job.ts";
import { hashOf } from "./line-source.ts";
import { readSendOptions, SEND_HELP, type SendOptions } from "./options.ts";
import { formatCounts, type SendCounts } from "./report.ts";
import { SendRun } from "./run.ts";
import { StateWriter } from "./state.ts";

const SAVE_EVERY_MS = 250;
const SHOWN_BY_DRY_RUN = 3;
const SOME_LEFT_OUT = 3;
const SEND_FEWER = "Send fewer pulses a request with --batch N.";

/** Runs the command `send` and returns its exit code. */
export function runSend(args: readonly string[], io: CommandIo): Promise<number> {
  return exitCodeFrom(async () => {
    const options = readSendOptions(args, io.env, io.stdin.isTTY === true);
    if (options === undefined) {
      io.stdout.write(SEND_HELP);
      return 0;
    }
    const { file } = options;
    const { stdin, stop, stderr } = io;
    const jobIo = {
      now: Date.now,
      signal: stop.signal,
      log: (line: string) => stderr.write(`${forTerminal(line, "\n")}\n`),
    };
    const job = file === undefined ? prepareInput(options, stdin, jobIo) : await prepareFile(file, options, jobIo);
    if (stop.signal.aborted) return 0;
    const refusedBefore = job.file?.state.refused ?? 0;
    if (tellOfEarlierRuns(job, jobIo)) return refusedBefore > 0 ? SOME_LEFT_OUT : 0;
    const counts = await send(job, options, io);
    io.stdout.write(formatCounts(counts));
    return refusedBefore + counts.refused > 0 || counts.openLine !== undefined ? SOME_LEFT_OUT : 0;
  }, io);
}

/** Tells the user what is special about a file; `true` when there is nothing left to send. */
function tellOfEarlierRuns({ name, file }: Job, { log }: JobIo): boolean {
  if (file === undefined) return false;
  const { accepted, refused, position, shiftMs } = file.state;
  if (file.isSentBefore) {
    const left = refused === 0 ? "" : ` ${refused} lines were refused: correct them first.`;
    log(`${name} was sent before: ${accepted} pulses. Send it again with --restart.${left}`);
    return true;
  }
  const left = refused === 0 ? "" : `, and ${refused} lines refused`;
  if (file.isResumed) log(`Continuing after line ${position.line}; ${accepted} pulses were accepted before${left}.`);
  if (shiftMs !== undefined) log(`Times are shifted by ${describeShift(shiftMs)}.`);
  return false;
}

async function send(job: Job, options: SendOptions, { stop, stdout, stderr }: CommandIo): Promise<SendCounts> {
  const { name, file } = job;
  const progress = createProgress(stderr, file?.bytes);
  const remedyOfAge = options.shiftToNow
    ? "The file spans more time than is kept: send its newer part only, or set PULSE_RETENTION_DAYS higher."
    : "Send old measurements with --shift-to-now, which makes the last one now.";
  const requests = options.dryRun
    ? undefined
    : new Requests({ ...options, name, remedyOfAge, remedyOfSize: SEND_FEWER, stop, log: progress.log });
  if (file !== undefined && !options.dryRun) makeDataFolder(options.dataDir);
  const states = file === undefined || options.dryRun ? undefined : new StateWriter(file.stateFile);
  let savedAt = performance.now();
  let shown = 0;
  const run = new SendRun({
    job,
    options,
    requests,
    show: (json) => {
      if (shown++ < SHOWN_BY_DRY_RUN) stdout.write(`${forTerminal(json)}\n`);
    },
    stop,
    progress,
    onReached: async () => {
      if (performance.now() - savedAt < SAVE_EVERY_MS) return;
      savedAt = performance.now();
      await save(false);
    },
  });
  const save = async (isFinished: boolean) => {
    if (file === undefined || states === undefined) return;
    const { end: position, last, accepted, refused } = run.reached;
    const lastRead = last === undefined ? file.state.last : { ...last.start, hash: hashOf(last.text) };
    await states.save({ ...file.state, position, last: lastRead, accepted, refused, isFinished });
  };
  try {
    await save(false); // the shift, before the first pulse that has it
    const counts = await run.send();
    await save(!stop.signal.aborted && counts.openLine === undefined);
    return counts;
  } finally {
    progress.stop();
    await requests?.close();
  }
}

function describeShift(ms: number): string {
  const days = Math.abs(ms) / DAY_MS;
  return `${ms < 0 ? "-" : "+"}${days >= 1 ? `${days.toFixed(1)} days` : `${(days * 24).toFixed(2)} hours`}`;
}
