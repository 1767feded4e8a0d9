import { existsSync } from "node:fs";
import { join } from "node:path";
import { DAY_MS } from "../events/time.ts";
import { cassandraSettings } from "../settings/cassandra-settings.ts";
import { functionSettings } from "../settings/function-settings.ts";
import { readSettings, SettingsError } from "../settings/read.ts";
import { forTerminal } from "../settings/terminal-text.ts";
import type { ServiceSetter } from "./health-ports.ts";
import type { PulseForgetter, PulseReader, RollupStore, StoreLifecycle } from "./ports.ts";

/** A command line, or what surrounds it, that cannot be followed. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What a command uses of its process. */
export interface CommandIo {
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
  say: (line: string) => void;
  /** For progress and faults. */
  complain: (line: string) => void;
}

/** Tells why a command ended early, as a terminal may show it: Cassandra's words are part of it. @returns its exit code: 130 after Ctrl-C, 2 where it cannot be followed, otherwise 1 */
export function tellFailure(error: unknown, { signal, complain }: Pick<CommandIo, "signal" | "complain">): number {
  if (signal.aborted) return 130;
  complain(forTerminal((error as Error).message, "\n"));
  return error instanceof UsageError || error instanceof SettingsError ? 2 : 1;
}

/** A store as a command uses it. */
export type CommandStore = PulseReader &
  PulseForgetter &
  StoreLifecycle & { readonly rollups: RollupStore; readonly health: Pick<ServiceSetter, "set"> };

/**
 * Opens the store of pulses that the environment names, which must be there already.
 * @throws {SettingsError} @throws {UsageError} that names the remedy
 */
export async function openCommandStore(env: NodeJS.ProcessEnv): Promise<{ store: CommandStore; retentionMs: number }> {
  const { dataDir, retentionDays, historyDays, storeMaxBytes } = functionSettings;
  const settings = readSettings({ dataDir, retentionDays, historyDays, storeMaxBytes, ...cassandraSettings }, env);
  const options = { retentionMs: settings.retentionDays * DAY_MS, historyMs: settings.historyDays * DAY_MS };
  const { retentionMs } = options;
  if (settings.contactPoints !== undefined) {
    const { openCassandraPulseStore } = await import("./cassandra/pulse-store.ts");
    return { store: openCassandraPulseStore({ settings, ...options }), retentionMs };
  }
  const file = join(settings.dataDir, "pulses.db");
  if (!existsSync(file)) throw new UsageError(`Expected a store in ${file}, got none: set PULSE_DATA_DIR`);
  const { openSqlitePulseStore } = await import("./sqlite/pulse-store.ts");
  return { store: openSqlitePulseStore({ file, maxBytes: settings.storeMaxBytes, ...options }), retentionMs };
}
