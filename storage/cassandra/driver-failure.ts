import { errors, types } from "cassandra-driver";
import { type Defect, type NotStored, retry } from "../outcome.ts";
import { StoreError } from "../store-error.ts";
import { isOfDriver } from "./cql.ts";

/** What an error of the driver means for the write that met it. */
export interface DriverFailure {
  outcome: NotStored;
  /**
   * `away`: no node answers. `schema`: the tables are not as they should be. `size`: smaller batches may pass.
   * `limit`: what the node's operator has set forbids it, at this moment (a full disk) or for good.
   */
  about: "away" | "schema" | "size" | "rows" | "load" | "limit";
}

/** What an error means for the write that met it. A defect is thrown to who writes. */
export type WriteFailure = DriverFailure | { outcome: Defect; about: "defect" };
export type NotWritten = WriteFailure["outcome"];

const CODES = types.responseErrorCodes;
const SCHEMA =
  /unconfigured table|undefined column|undefined name|unknown (keyspace|type|identifier)|(keyspace|table) .* (does not|doesn't) exist/i;

// Cassandra answers with the code of an invalid value; only the message tells (5.0: Guardrail.java,
// ExpirationDateOverflowHandling.java).
const LIMIT = /^Guardrail \w+ violated|exceeds maximum supported expiration date/;

/** Reads an error of a write: what did not come out of a call of the driver is a defect, and says nothing of Cassandra. */
export function failureOfWrite(error: unknown, lastCause?: unknown): WriteFailure {
  // A write may wait for a read of the era that somebody else began, whose errors are the store's.
  const cause = error instanceof StoreError ? error.cause : error;
  return isOfDriver(cause) ? failureOf(cause, lastCause) : { outcome: { kind: "defect", error }, about: "defect" };
}

/**
 * Reads an error of the driver: `rejected` when the rows themselves are at fault; everything else may pass. `lastCause` is
 * why the last connection failed, for an error that does not say it.
 */
export function failureOf(error: unknown, lastCause?: unknown): DriverFailure {
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
  // The driver throws these for values that it cannot encode (lib/encoder.js). A fault in the driver throws the same classes, and
  // counts as such a value.
  if (error instanceof TypeError || error instanceof RangeError) {
    return rejection("rows", `Cassandra cannot hold it: ${error.message}`);
  }
  return failure("away", error, lastCause);
}

function failureOfAnswer(error: errors.ResponseError): DriverFailure {
  switch (error.code) {
    case CODES.invalid: {
      // No row is at fault: a disk that is full has room again some day, and a dead letter could not be written either.
      if (LIMIT.test(error.message)) return failure("limit", error);
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

function failure(about: DriverFailure["about"], error: unknown, lastCause?: unknown): DriverFailure {
  return { outcome: retry(reasonOf(error, lastCause), 1000, error), about };
}

function rejection(about: DriverFailure["about"], reason: string): DriverFailure {
  return { outcome: { kind: "rejected", reason }, about };
}

const WRONG_DATA_CENTER = /localDataCenter was configured as '(.*)', but only found hosts in data centers: \[(.*)\]/;

/** An error in one line that names the remedy where there is one. No error of the driver holds a password. */
export function reasonOf(error: unknown, lastCause?: unknown): string {
  if (!(error instanceof errors.NoHostAvailableError)) return `Cassandra: ${plainOf(error)}`;
  const inner = Object.entries(error.innerErrors ?? {});
  for (const [, cause] of inner) {
    const [, got, found] = WRONG_DATA_CENTER.exec(messageOf(cause)) ?? [];
    if (got === undefined || found === undefined) continue;
    const names = found.split(/,\s*/).join(", ");
    return `PULSE_CASSANDRA_LOCAL_DC: Expected one of the data centres ${names} that the nodes name, got ${got}`;
  }
  const causes = inner.map(([host, cause]) => `${host}: ${plainOf(cause)}`);
  if (causes.length === 0 && lastCause !== undefined) causes.push(plainOf(lastCause));
  return `No Cassandra node answers${causes.length > 0 ? ` (${causes.join("; ")})` : ""}`;
}

/** Whether the nodes are there, and none is in the data centre that the settings name. */
export function isWrongDataCenter(error: unknown): boolean {
  return (
    error instanceof errors.NoHostAvailableError &&
    Object.values(error.innerErrors ?? {}).some((cause) => WRONG_DATA_CENTER.test(messageOf(cause)))
  );
}

function plainOf(error: unknown): string {
  const code = error instanceof errors.ResponseError ? error.code : undefined;
  if (error instanceof errors.AuthenticationError || code === CODES.badCredentials) {
    return "the user or the password is wrong: check PULSE_CASSANDRA_USER and PULSE_CASSANDRA_PASSWORD_FILE";
  }
  const message = messageOf(error).slice(0, 300);
  if (code === CODES.unauthorized) {
    const rights = /no (CREATE|ALTER) permission/.test(message)
      ? "CREATE, ALTER, SELECT and MODIFY"
      : "SELECT and MODIFY";
    return `${message}: grant the role ${rights} on the keyspace`;
  }
  const systemCode = (error as { code?: unknown } | null)?.code;
  if (typeof systemCode !== "string") return message;
  if (/CERT|SSL|TLS|SIGNATURE|ALTNAME/.test(systemCode)) {
    return `${message} (${systemCode}): check PULSE_CASSANDRA_CA_FILE, PULSE_CASSANDRA_CERT_FILE and PULSE_CASSANDRA_KEY_FILE`;
  }
  return /ENOTFOUND|EAI_/.test(systemCode) ? `${message}: check PULSE_CASSANDRA_CONTACT_POINTS` : message;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
