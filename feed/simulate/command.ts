// The command `simulate`, apart from its process; main.ts has the map.
import { type CommandIo, exitCodeFrom } from "../command-io.ts";
import { waitMs } from "../pace.ts";
import { createProgress } from "../progress.ts";
import { Requests } from "../requests.ts";
import { Fleet } from "./fleet.ts";
import { readSimulateOptions, SIMULATE_HELP, type SimulateOptions } from "./options.ts";
import { BATCH, playSpan, type Span } from "./run.ts";

const CONCURRENCY = 4;
const TICK_MS = 100;

type SimulateIo = Omit<CommandIo, "stdin">;

/** Runs the command `simulate` and returns its exit code. */
export function runSimulate(args: readonly string[], io: SimulateIo): Promise<number> {
  return exitCodeFrom(async () => {
    const options = readSimulateOptions(args, io.env);
    if (options === undefined) {
      io.stdout.write(SIMULATE_HELP);
      return 0;
    }
    const startedAt = performance.now();
    const accepted = await simulate(options, io);
    const seconds = (performance.now() - startedAt) / 1000;
    io.stdout.write(`${accepted} pulses accepted in ${seconds.toFixed(1)} s\n`);
    return 0;
  }, io);
}

/** Plays the fleet and returns how many of its pulses were accepted. */
async function simulate(
  { fleet: fleetOptions, target, sinceMs, backfillRate, once }: SimulateOptions,
  { stop, stderr }: SimulateIo,
): Promise<number> {
  const fleet = new Fleet(fleetOptions);
  const { service, startMs } = fleet.incident;
  const { services, rate } = fleetOptions;
  stderr.write(`${services} services; ${service} has an incident at ${clockOf(startMs)} UTC every day.\n`);
  const until = Date.now();
  const from = until - sinceMs;
  let progress = createProgress(stderr, sinceMs);
  const requests = new Requests({
    target,
    concurrency: CONCURRENCY,
    name: "the fleet",
    remedyOfAge: "Begin later with --since, or set PULSE_RETENTION_DAYS higher.",
    remedyOfSize: `Set PULSE_MAX_PULSES and PULSE_MAX_BODY_BYTES higher: a request holds up to ${BATCH} pulses.`,
    stop,
    log: (line) => progress.log(line),
  });
  const play = (span: Span) =>
    playSpan(fleet, requests, span, stop.signal, (time) =>
      progress.update(Math.min(time - from, sinceMs), requests.accepted),
    );
  try {
    await play({ from, to: until, rate: backfillRate, density: backfillRate / rate });
    await requests.settle();
    if (!once && !stop.signal.aborted) {
      progress.stop();
      stderr.write(`Live, ${rate} pulses a second: Ctrl-C stops it.\n`);
      progress = createProgress(stderr, undefined);
    }
    for (let at = until; !once && !stop.signal.aborted; await waitMs(TICK_MS, stop.signal)) {
      const to = Math.max(at, Date.now());
      await play({ from: at, to, rate, density: 1 });
      at = to;
    }
    await requests.settle();
    return requests.accepted;
  } finally {
    progress.stop();
    await requests.close();
  }
}

function clockOf(ms: number): string {
  return new Date(ms).toISOString().slice(11, 16);
}
