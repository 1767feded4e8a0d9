import { errors, types } from "cassandra-driver";
import { type NotStored, retry } from "../outcome.ts";

/** What an error of the driver means for the write that met it. */
export interface DriverFailure {
  outcome: NotStored;
  /** `away`: no node answers. `schema`: the tables are not as they should be. `size`: smaller batches may pass. */
  about: "away" | "schema" | "size" | "rows" | "load";
}

const CODES = types.responseErrorCodes;
const SCHEMA =
  /unconfigured table|undefined column|undefined name|unknown (keyspace|type|identifier)|(keyspace|table) .* (does not|doesn't) exist/i;

/** Reads an error: `rejected` when the rows themselves are at fault; everything else may pass. */
export function failureOf(error: unknown): DriverFailure {
  if (error instanceof errors.ResponseError) return failureOfAnswer(error);
  if (error instanceof errors.NoHostAvailableError) {
    // When every node has answered an error, that error tells what went wrong; otherwise the nodes are away.
    const causes = Object.values(error.innerErrors ?? {});
    const [first] = causes;
    if (first instanceof errors.ResponseError && causes.every((cause) => cause instanceof errors.ResponseError)) {
      return failureOfAnswer(first);
    }
  }
  if (error instanceof errors.BusyConnectionError) return failure("load", error);
  // The driver throws these for values that it cannot encode.
  if (error instanceof TypeError || error instanceof RangeError) {
    return rejection("rows", `Cassandra cannot hold it: ${error.message}`);
  }
  return failure("away", error);
}

function failureOfAnswer(error: errors.ResponseError): DriverFailure {
  switch (error.code) {
    case CODES.invalid: {
      if (SCHEMA.test(error.message)) return failure("schema", error);
      // `batch_size_fail_threshold` (batches of several partitions) and `max_mutation_size` (of one).
      const isTooLarge = /batch too large|oversized mutation/i.test(error.message);
      return rejection(isTooLarge ? "size" : "rows", `Cassandra refuses it: ${error.message}`);
    }
    // The statements are right for 5.0: a node that does not understand their syntax has another version.
    case CODES.syntaxError:
    case CODES.configError:
      return failure("schema", error);
    default:
      return failure("load", error);
  }
}

function failure(about: DriverFailure["about"], error: unknown): DriverFailure {
  return { outcome: retry(reasonOf(error), 1000, error), about };
}

function rejection(about: DriverFailure["about"], reason: string): DriverFailure {
  return { outcome: { kind: "rejected", reason }, about };
}

/** An error in one line that names the remedy where there is one. No error of the driver holds a password. */
export function reasonOf(error: unknown): string {
  if (error instanceof errors.NoHostAvailableError) {
    const hosts = Object.entries(error.innerErrors ?? {}).map(([host, inner]) => `${host}: ${plainOf(inner)}`);
    return `No Cassandra node answers${hosts.length > 0 ? ` (${hosts.join("; ")})` : ""}`;
  }
  return `Cassandra: ${plainOf(error)}`;
}

function plainOf(error: unknown): string {
  const code = error instanceof errors.ResponseError ? error.code : undefined;
  if (error instanceof errors.AuthenticationError || code === CODES.badCredentials) {
    return "the user or the password is wrong: check PULSE_CASSANDRA_USER and PULSE_CASSANDRA_PASSWORD_FILE";
  }
  const message = (error instanceof Error ? error.message : String(error)).slice(0, 300);
  if (code === CODES.unauthorized) return `${message}: grant the role SELECT and MODIFY on the keyspace`;
  const tlsCode = (error as { code?: unknown }).code;
  if (typeof tlsCode === "string" && /CERT|SSL|TLS|SIGNATURE|ALTNAME/.test(tlsCode)) {
    return `${message} (${tlsCode}): check PULSE_CASSANDRA_CA_FILE, PULSE_CASSANDRA_CERT_FILE and PULSE_CASSANDRA_KEY_FILE`;
  }
  return message;
}
