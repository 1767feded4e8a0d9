import { type ClusterSettings, clusterSettings } from "./cluster-settings.ts";
import { quote } from "./field.ts";
import type { Settings, SettingsOf } from "./setting.ts";
import { findUnknownVariables } from "./unknown-variables.ts";

/** Thrown at start for wrong settings; the message has a line for each of them. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

/**
 * Reads all settings of a definition at once. An empty variable counts as absent.
 * @throws {SettingsError} naming every variable that is wrong, and every `PULSE_…` variable that no definition has
 */
export function readSettings<D extends Settings>(definition: D, env: NodeJS.ProcessEnv): SettingsOf<D> {
  const [settings] = readEach([definition], env);
  return settings;
}

/** As {@link readSettings}, for several definitions: one error names what is wrong in all of them. */
export function readEach<const D extends readonly Settings[]>(
  definitions: D,
  env: NodeJS.ProcessEnv,
): { [I in keyof D]: SettingsOf<D[I]> } {
  const faults = new Set(findUnknownVariables(env));
  const all = definitions.map((definition) => {
    const values: Record<string, unknown> = {};
    for (const [key, { variable, expectation, fallback, parse }] of Object.entries(definition)) {
      const text = env[variable]?.trim() ?? "";
      const value = text === "" ? fallback : parse(text);
      if (value === undefined && text !== "") faults.add(`${variable}: Expected ${expectation}, got ${quote(text)}`);
      values[key] = value;
    }
    return values;
  });
  if (faults.size > 0) throw new SettingsError([...faults].join("\n"));
  return all as { [I in keyof D]: SettingsOf<D[I]> };
}

/** Reads the settings of `make up`. @throws {SettingsError} also for two settings that exclude each other */
export function readClusterSettings(env: NodeJS.ProcessEnv): ClusterSettings {
  const settings = readSettings(clusterSettings, env);
  if (settings.alertWebhook !== undefined && settings.monitoring === "none") {
    throw new SettingsError(
      "ALERT_WEBHOOK: Expected MONITORING=install or MONITORING=existing with it, got none: nothing would send the alerts",
    );
  }
  return settings;
}
