import { expect, it } from "vitest";
import { requireWholeAccess } from "./cassandra-access.ts";
import { cassandraSettings } from "./cassandra-settings.ts";
import { readSettings, SettingsError } from "./read.ts";

const requireOf = (...names: string[]) =>
  requireWholeAccess(
    readSettings(cassandraSettings, Object.fromEntries(names.map((name) => [`PULSE_CASSANDRA_${name}`, "text"]))),
  );

it.each([
  [[]],
  [["USER", "PASSWORD_FILE"]],
  [["CA_FILE"]],
  [["CA_FILE", "TLS_SERVER_NAME"]],
  [["CERT_FILE", "KEY_FILE", "TLS_SERVER_NAME"]],
])("Cassandra is reached with %j", (names) => {
  expect(() => requireOf(...names)).not.toThrow();
});

it.each([
  ["USER", "PASSWORD_FILE: Expected a file's path"],
  ["PASSWORD_FILE", "USER: Expected a role's name"],
  ["CERT_FILE", "KEY_FILE: Expected a file's path"],
  ["KEY_FILE", "CERT_FILE: Expected a file's path"],
  ["TLS_SERVER_NAME", "CA_FILE: Expected a file's path"],
])("PULSE_CASSANDRA_%s alone is refused, which would be ignored", (name, expected) => {
  expect(() => requireOf(name)).toThrow(
    new SettingsError(`PULSE_CASSANDRA_${expected} beside PULSE_CASSANDRA_${name}, got nothing`),
  );
});

it("every setting that is missing is named", () => {
  const names = ["CA_FILE", "USER", "KEY_FILE"];
  expect(() => requireOf(...names)).toThrow(/^PULSE_CASSANDRA_PASSWORD_FILE: .*\nPULSE_CASSANDRA_CERT_FILE: .*$/);
});
