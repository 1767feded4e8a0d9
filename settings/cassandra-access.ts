import { type CassandraSettings, cassandraSettings } from "./cassandra-settings.ts";
import { SettingsError } from "./read.ts";

/** Each of these would be ignored without one of the others, and a password would go in clear, or not at all. */
const NEEDS = [
  ["user", "passwordFile"],
  ["passwordFile", "user"],
  ["certFile", "keyFile"],
  ["keyFile", "certFile"],
  ["tlsServerName", "caFile", "certFile"],
] as const;

/** Insists that no setting of how to log in to Cassandra is ignored. @throws {SettingsError} that names each that is missing */
export function requireWholeAccess(settings: CassandraSettings): void {
  const faults = NEEDS.flatMap(([given, needed, ...others]) => {
    const isWhole = settings[given] === undefined || [needed, ...others].some((one) => settings[one] !== undefined);
    if (isWhole) return [];
    const { variable, expectation } = cassandraSettings[needed];
    return [`${variable}: Expected ${expectation} beside ${cassandraSettings[given].variable}, got nothing`];
  });
  if (faults.length > 0) throw new SettingsError(faults.join("\n"));
}
