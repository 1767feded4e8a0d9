// `npm run backup -- --to FOLDER`
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { cassandraSettings } from "../settings/cassandra-settings.ts";
import { localSettings } from "../settings/local-settings.ts";
import { readSettings, SettingsError } from "../settings/read.ts";
import { forTerminal } from "../settings/terminal-text.ts";
import { backUp, UsageError } from "./sqlite/backup.ts";

const HELP = `Usage: npm run backup -- --to FOLDER

Copies what PulseMesh keeps in SQLite on this machine to a new folder, also while it runs: pulses.db, dead-letters.db, and
broker.db with the events that no store has yet. Every pulse that was accepted before the command began is in the backup.
The folder appears when all of it is on disk; only you can read it. It must not exist.

  --to    the new folder
  --help  prints this text

docs/guarantees.md says how to restore it. Cassandra is backed up by its nodes, see docs/deploy.md.

Settings (environment): PULSE_DATA_DIR, PULSE_LOCAL_BROKER_PORT, as they are set for \`make run\`.
Exit code: 0 done, 1 a fault stopped it, 2 the command or a setting is wrong, 130 Ctrl-C.`;

const CASSANDRA =
  "Expected SQLite, got PULSE_CASSANDRA_CONTACT_POINTS: Cassandra is backed up on its nodes. On each, run " +
  "`nodetool snapshot -t backup KEYSPACE` and copy the snapshot away: docs/deploy.md has the commands, and how to restore";
const LINE_EVERY_MS = 2000;
const STOPPED = 130;

/** What the command uses of its process. */
export interface BackupIo {
  env: NodeJS.ProcessEnv;
  say: (line: string) => void;
  complain: (line: string) => void;
  signal: AbortSignal;
}

/** Runs the command; gives its exit code. */
export async function runBackupCommand(args: readonly string[], io: BackupIo): Promise<number> {
  const { env, say, complain, signal } = io;
  try {
    const { to, help } = readOptions(args);
    if (help) {
      say(HELP);
      return 0;
    }
    if (to === undefined) throw new UsageError(`Expected --to FOLDER, got none\n\n${HELP}`);
    const { contactPoints } = cassandraSettings;
    const settings = readSettings({ ...localSettings, contactPoints }, env);
    if (settings.contactPoints !== undefined) throw new UsageError(CASSANDRA);
    const dataDir = resolve(settings.dataDir);
    if (existsSync(join(dataDir, "cassandra"))) {
      complain(`${dataDir} has the files of a Cassandra node, too: the backup leaves them out, see docs/deploy.md`);
    }
    const copies = await backUp({
      dataDir,
      to: resolve(to),
      brokerUrl: `http://localhost:${settings.brokerPort}`,
      signal,
      onProgress: progressOn(complain),
    });
    const sizes = copies.map(({ name, bytes }) => `${name} ${(bytes / 1e6).toFixed(1)} MB`);
    say(`${resolve(to)}: ${sizes.join(", ")}`);
    return 0;
  } catch (error) {
    if (signal.aborted) {
      complain("stopped: there is no backup");
      return STOPPED;
    }
    complain(forTerminal((error as Error).message, "\n"));
    return error instanceof UsageError || error instanceof SettingsError ? 2 : 1;
  }
}

function readOptions(args: readonly string[]): { to?: string; help?: boolean } {
  try {
    return parseArgs({ args: [...args], options: { to: { type: "string" }, help: { type: "boolean", short: "h" } } })
      .values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split(/\.\s/)[0]}. See --help.`);
  }
}

/** A line every few seconds; none for a backup that is quick. */
function progressOn(write: (line: string) => void): (name: string, share: number) => void {
  let writtenAt = performance.now();
  return (name, share) => {
    if (performance.now() - writtenAt < LINE_EVERY_MS) return;
    writtenAt = performance.now();
    write(`${name}: ${Math.floor(share * 100)} %`);
  };
}

if (import.meta.main) {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => stop.abort());
  process.exitCode = await runBackupCommand(process.argv.slice(2), {
    env: process.env,
    say: (line) => console.log(line),
    complain: (line) => console.error(line),
    signal: stop.signal,
  });
}
