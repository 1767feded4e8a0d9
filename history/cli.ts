// `npm run history -- roll|verify|status [SERVICE...]`, and `backtest`
import { parseArgs } from "node:util";
import { runBacktestCommand } from "../health/backtest-cli.ts";
import { forTerminal } from "../settings/terminal-text.ts";
import {
  type CommandIo,
  type CommandStore,
  openCommandStore,
  tellFailure,
  UsageError,
} from "../storage/command-store.ts";
import { seenOf } from "../storage/marks.ts";
import { TIERS, type Tier } from "../storage/tiers.ts";
import { History } from "./history.ts";
import { rollAll } from "./roller.ts";
import { isFrozen } from "./rollup.ts";
import { verifyService } from "./verify.ts";

const HELP = `Usage: npm run history -- roll|verify|status [SERVICE...]

What is known of the past: rollups of minutes, hours and days, from which summaries are made. PulseMesh makes them in the
background and with each summary; answers are right without them, and slower. Safe while PulseMesh runs, and to repeat.

  roll     makes those that are missing: the newest week of every service, then the week before. Goes on after an interruption
  verify   compares those that answers would take with the pulses, and names each difference
  status   counts those that are kept, and those that a late pulse has made out of date
  backtest says which incidents other settings of services would have made; \`backtest --help\` says more
  SERVICE  a service's name. @default all
  --help   prints this text

Settings (environment): PULSE_DATA_DIR, or PULSE_CASSANDRA_CONTACT_POINTS and the others of Cassandra, as they are set for
pulse-persist.
Exit code: 0 done, 1 a difference was found or a fault stopped it, 2 the command or a setting is wrong, 130 stopped by Ctrl-C.`;

const COMMANDS = { roll, verify, status };
const LINE_EVERY_MS = 2000;

interface Work extends CommandIo {
  store: CommandStore;
  retentionMs: number;
  /** All that were named, or all that there are, in chunks. */
  names(): AsyncIterable<readonly string[]>;
}

/** Runs the command; gives its exit code. */
export async function runHistoryCommand(args: readonly string[], io: CommandIo): Promise<number> {
  if (args[0] === "backtest") return runBacktestCommand(args.slice(1), io);
  let store: CommandStore | undefined;
  try {
    const { help, command, services } = readOptions(args);
    if (help || command === undefined) {
      io.say(HELP);
      return 0;
    }
    const opened = await openCommandStore(io.env);
    ({ store } = opened);
    await store.check();
    async function* named() {
      yield services;
    }
    return await COMMANDS[command]({
      ...io,
      ...opened,
      names: services.length > 0 ? named : () => opened.store.names(),
    });
  } catch (error) {
    return tellFailure(error, io);
  } finally {
    await store?.close();
  }
}

function readOptions(args: readonly string[]) {
  try {
    const options = { help: { type: "boolean", short: "h" } } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [command, ...services] = positionals;
    const isKnown = (name = ""): name is keyof typeof COMMANDS => Object.hasOwn(COMMANDS, name);
    if (values.help) return { help: true, command: undefined, services };
    if (!isKnown(command)) {
      const got = command === undefined ? "none" : forTerminal(command);
      throw new Error(`Expected roll, verify, status or backtest, got ${got}`);
    }
    return { help: false, command, services };
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split(/\.\s/)[0]}. See --help.`);
  }
}

async function roll({ store, retentionMs, names, signal, say, complain }: Work): Promise<number> {
  const history = new History({ reader: store, rollups: store.rollups, retentionMs, now: Date.now });
  const rolled = new Set<string>();
  const progress = sometimes(complain);
  await rollAll({
    history,
    reader: { names },
    retentionMs,
    now: Date.now,
    signal,
    onRolled: (service, from) => {
      rolled.add(service);
      progress(() => `${new Date(from).toISOString()} and later: ${forTerminal(service)}`);
    },
  });
  say(`rolled: ${rolled.size} services`);
  return 0;
}

async function verify({ store, retentionMs, names, signal, say, complain }: Work): Promise<number> {
  let [services, compared, differences] = [0, 0, 0];
  const progress = sometimes(complain);
  for await (const chunk of names()) {
    for (const service of chunk) {
      signal.throwIfAborted();
      const verified = await verifyService(service, {
        reader: store,
        rollups: store.rollups,
        retentionMs,
        now: Date.now,
      });
      services++;
      compared += verified.compared;
      differences += verified.differences.length;
      for (const { tier, start, kept, found } of verified.differences) {
        const at = new Date(start).toISOString();
        say(`${forTerminal(service)}: the ${tier} of ${at} is kept with ${kept} pulses, and has ${found}`);
      }
      progress(() => `${services} services, ${compared} rollups, ${differences} differences`);
    }
  }
  say(`verified: ${compared} rollups of ${services} services, ${differences} differences`);
  return differences === 0 ? 0 : 1;
}

async function status({ store, retentionMs, names, signal, say }: Work): Promise<number> {
  const { rollups } = store;
  const until = await rollups.sealedUntil();
  const counts = new Map<Tier, { kept: number; old: number; bytes: number }>();
  for (const tier of Object.keys(TIERS) as Tier[]) counts.set(tier, { kept: 0, old: 0, bytes: 0 });
  let services = 0;
  for await (const chunk of names()) {
    for (const service of chunk) {
      signal.throwIfAborted();
      services++;
      const span = { from: until - retentionMs, to: until };
      const marks = await rollups.marks(service, span);
      for (const [tier, count] of counts) {
        for (const { start, seen, value } of await rollups.list(service, tier, span)) {
          count.kept++;
          count.bytes += value.length;
          const isNew = seen === seenOf(marks, { from: start, to: start + TIERS[tier] }) && isFrozen(value);
          if (!isNew) count.old++;
        }
      }
    }
  }
  say(`${services} services; what ended before ${new Date(until).toISOString()} may be rolled up`);
  for (const [tier, { kept, old, bytes }] of counts) {
    say(`${tier}s: ${kept} kept, ${bytes} bytes, ${old} of them out of date`);
  }
  return 0;
}

/** Writes at most a line in two seconds. */
function sometimes(write: (line: string) => void): (line: () => string) => void {
  let writtenAt = performance.now();
  return (line) => {
    if (performance.now() - writtenAt < LINE_EVERY_MS) return;
    writtenAt = performance.now();
    write(line());
  };
}

if (import.meta.main) {
  const leaving = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => leaving.abort());
  process.exitCode = await runHistoryCommand(process.argv.slice(2), {
    env: process.env,
    signal: leaving.signal,
    say: (line) => console.log(line),
    complain: (line) => console.error(line),
  });
}
