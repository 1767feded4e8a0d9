// The command `simulate` but for its process; simulate.ts has the map.
import { type CommandIo, exitCodeFrom } from "../command-io.ts";
import { createProgress } from "../progress.ts";
import { PulseSender } from "../pulse-sender.ts";
import { retryNotice } from "../retry-notice.ts";
import { Fleet } from "./fleet.ts";
import { readSimulateOptions, SIMULATE_HELP, type SimulateOptions } from "./options.ts";
import { Simulation } from "./run.ts";

const CONNECTIONS = 4;

type SimulateIo = Omit<CommandIo, "stdin">;

/** Runs the command `simulate` and returns its exit code. */
export function runSimulate(args: readonly string[], io: SimulateIo): Promise<number> {
  return exitCodeFrom(async () => {
    const options = readSimulateOptions(args, io.env);
    if (options !== undefined) return simulate(options, io);
    io.stdout.write(SIMULATE_HELP);
    return 0;
  }, io.stderr);
}

async function simulate(options: SimulateOptions, io: SimulateIo): Promise<number> {
  const fleet = new Fleet(options.fleet);
  const { service, startMs } = fleet.incident;
  const say = (line: string) => io.stderr.write(`${line}\n`);
  say(`${options.fleet.services} services; ${service} has an incident at ${clockOf(startMs)} UTC every day.`);
  const startedAt = performance.now();
  const simulation = await play(fleet, options, io, say);
  const seconds = (performance.now() - startedAt) / 1000;
  io.stdout.write(`${simulation.accepted} pulses accepted in ${seconds.toFixed(1)} s\n`);
  if (simulation.failure !== undefined) {
    say(simulation.failure);
    return 1;
  }
  return io.stop.signal.aborted ? 130 : 0;
}

async function play(
  fleet: Fleet,
  { fleet: { rate }, url, token, sinceMs, backfillRate, isOnce, retryForMs }: SimulateOptions,
  { stop, stderr }: SimulateIo,
  say: (line: string) => void,
): Promise<Simulation> {
  const until = Date.now();
  const from = until - sinceMs;
  const past = createProgress(stderr, sinceMs);
  let progress = past;
  const onRetry = retryNotice(url, retryForMs, (line) => progress.log(line));
  const sender = new PulseSender({ url, token, connections: CONNECTIONS, retryForMs, signal: stop.signal, onRetry });
  const simulation = new Simulation({
    fleet,
    sender,
    url,
    concurrency: CONNECTIONS,
    stop,
    now: Date.now,
    onPlayed: (time, accepted) => progress.update(Math.min(time - from, sinceMs), accepted),
  });
  try {
    await simulation.playPast(from, until, backfillRate, backfillRate / rate);
    past.stop();
    if (!isOnce && !stop.signal.aborted) {
      say(`Live, ${rate} pulses a second: Ctrl-C stops it.`);
      progress = createProgress(stderr, undefined);
      await simulation.playLive(until, rate);
    }
    return simulation;
  } finally {
    progress.stop();
    await sender.close();
  }
}

function clockOf(ms: number): string {
  return new Date(ms).toISOString().slice(11, 16);
}
