// `npm run simulate`: plays a fleet, first its past, then live. Start here; fleet.ts says what the services do,
// incident.ts what befalls one of them, simulate-run.ts sends it.
import process from "node:process";
import { UsageError } from "./arguments.ts";
import { Fleet } from "./fleet.ts";
import { createProgress } from "./progress.ts";
import { PulseSender } from "./pulse-sender.ts";
import { retryNotice } from "./retry-notice.ts";
import { readSimulateOptions, SIMULATE_HELP, type SimulateOptions } from "./simulate-options.ts";
import { Simulation } from "./simulate-run.ts";
import { stopOnSignals } from "./stop-signals.ts";

const CONNECTIONS = 4;

async function main(): Promise<number> {
  const options = readSimulateOptions(process.argv.slice(2), process.env);
  if (options === undefined) {
    process.stdout.write(SIMULATE_HELP);
    return 0;
  }
  const fleet = new Fleet(options.fleet);
  const { service, startMs } = fleet.incident;
  const say = (line: string) => process.stderr.write(`${line}\n`);
  say(`${options.fleet.services} services; ${service} has an incident at ${clockOf(startMs)} UTC every day.`);
  const stop = stopOnSignals();
  const startedAt = performance.now();
  const simulation = await play(fleet, options, stop, say);
  const seconds = (performance.now() - startedAt) / 1000;
  process.stdout.write(`${simulation.accepted} pulses accepted in ${seconds.toFixed(1)} s\n`);
  if (simulation.failure !== undefined) {
    say(simulation.failure);
    return 1;
  }
  return stop.signal.aborted ? 130 : 0;
}

async function play(
  fleet: Fleet,
  { fleet: { rate }, url, token, sinceMs, backfillRate, isOnce, retryForMs }: SimulateOptions,
  stop: AbortController,
  say: (line: string) => void,
): Promise<Simulation> {
  const until = Date.now();
  const from = until - sinceMs;
  const past = createProgress(process.stderr, sinceMs);
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
      progress = createProgress(process.stderr, undefined);
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

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
