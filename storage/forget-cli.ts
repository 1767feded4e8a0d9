// `npm run forget -- SERVICE`
import { createInterface } from "node:readline/promises";
import { parseArgs } from "node:util";
import { END_OF_TIME_MS } from "../events/time.ts";
import { SettingsError } from "../settings/read.ts";
import { forTerminal } from "../settings/terminal-text.ts";
import { type CommandStore, openCommandStore, UsageError } from "./command-store.ts";

const HELP = `Usage: npm run forget -- SERVICE... [--yes]

Removes services with all their pulses from the store, while PulseMesh runs. What a service sends afterwards is stored as
that of a new service, also the same pulses again. Of what arrives while the command runs, some may be removed. Dead letters
stay, and a replay brings their pulses back. Repeat a command that was interrupted.

  SERVICE  a service's name, or the beginning of names and a star, in quotes: 'checkout*'
  --yes    does not ask
  --help   prints this text

Settings (environment): PULSE_DATA_DIR, or PULSE_CASSANDRA_CONTACT_POINTS and the others of Cassandra, as they are set for
pulse-persist. On Cassandra every process must be of a version that has this command, and it takes some seconds more.
Exit code: 0 done, 1 a fault stopped it, 2 the command or a setting is wrong, or nobody said yes.`;

const LINE_EVERY_MS = 2000;
const EVER = { from: 0, to: END_OF_TIME_MS };

/** What the command uses of its process. */
export interface ForgetIo {
  env: NodeJS.ProcessEnv;
  say: (line: string) => void;
  complain: (line: string) => void;
  /** Asks a person; `undefined` where nobody can answer. */
  ask: ((question: string) => Promise<string>) | undefined;
}

/** Runs the command; gives its exit code. */
export async function runForgetCommand(args: readonly string[], io: ForgetIo): Promise<number> {
  const { env, say, complain } = io;
  let store: CommandStore | undefined;
  try {
    const { help, yes, names } = readOptions(args);
    if (help) {
      say(HELP);
      return 0;
    }
    ({ store } = await openCommandStore(env));
    await store.check();
    const services = await servicesOf(names, store);
    if (services.length === 0) {
      say("there is no such service");
      return 0;
    }
    if (!yes) await insistOnYes(services, io);
    let writtenAt = performance.now();
    let count = 0;
    await store.forget(services, (service) => {
      count++;
      if (performance.now() - writtenAt < LINE_EVERY_MS) return;
      writtenAt = performance.now();
      complain(`${count} of ${services.length}: ${forTerminal(service)}`);
    });
    say(`forgotten: ${shown(services)}`);
    return 0;
  } catch (error) {
    complain(forTerminal((error as Error).message, "\n"));
    return error instanceof UsageError || error instanceof SettingsError ? 2 : 1;
  } finally {
    await store?.close();
  }
}

function readOptions(args: readonly string[]) {
  try {
    const options = { yes: { type: "boolean" }, help: { type: "boolean", short: "h" } } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    if (positionals.length === 0 && !values.help) throw new Error("Expected the name of a service, got none");
    return { ...values, names: positionals };
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split(/\.\s/)[0]}. See --help.`);
  }
}

async function servicesOf(names: readonly string[], store: CommandStore): Promise<string[]> {
  const services = new Set<string>();
  const beginnings = names.filter((name) => name.endsWith("*")).map((name) => name.slice(0, -1));
  if (beginnings.length > 0) {
    for await (const chunk of store.names()) {
      for (const service of chunk) {
        if (beginnings.some((beginning) => service.startsWith(beginning))) services.add(service);
      }
    }
  }
  for (const name of names) {
    if (name.endsWith("*")) continue;
    const page = await store.page(name, EVER, 1);
    if (page.ok && page.value.pulses.length > 0) services.add(name);
  }
  return [...services];
}

async function insistOnYes(services: readonly string[], { ask }: ForgetIo): Promise<void> {
  if (ask === undefined) throw new UsageError("Expected --yes where nobody can be asked, got none");
  const answer = await ask(`Remove ${services.length} with all their pulses: ${shown(services)}? (yes/no) `);
  if (answer.trim() !== "yes") throw new UsageError("Expected yes, got something else: nothing was removed");
}

function shown(services: readonly string[]): string {
  const more = services.length > 10 ? ` and ${services.length - 10} more` : "";
  return `${services
    .slice(0, 10)
    .map((service) => forTerminal(service))
    .join(", ")}${more}`;
}

if (import.meta.main) {
  const ask = async (question: string) => {
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    try {
      return await terminal.question(question);
    } finally {
      terminal.close();
    }
  };
  process.exitCode = await runForgetCommand(process.argv.slice(2), {
    env: process.env,
    say: (line) => console.log(line),
    complain: (line) => console.error(line),
    ask: process.stdin.isTTY ? ask : undefined,
  });
}
