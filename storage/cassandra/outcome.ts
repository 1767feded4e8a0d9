import { errors, types } from "cassandra-driver";
import type { WriteOutcome } from "../ports.ts";

/** What an error of the driver means for the rows it was about. */
export interface Failure {
  outcome: Exclude<WriteOutcome, { kind: "stored" }>;
  /** `away`: no node answers at all. `schema`: the tables are not as they should be. `size`: a batch was too large: smaller ones may pass. */
  about: "away" | "schema" | "size" | "rows" | "load";
}

const CODES = types.responseErrorCodes;
const RETRY_AFTER_MS = 1000;
const SCHEMA =
  /unconfigured table|undefined column|undefined name|unknown (keyspace|type|identifier)|(keyspace|table) .* (does not|doesn't) exist/i;

/** Reads an error: only what is wrong with the rows themselves is `rejected`, all else may pass. */
export function failureOf(error: unknown): Failure {
  if (error instanceof errors.ResponseError) return failureOfAnswer(error);
  if (error instanceof errors.NoHostAvailableError) {
    // When every node has answered something, that is what went wrong; else they are away.
    const answers = Object.values(error.innerErrors ?? {}).filter((inner) => inner instanceof errors.ResponseError);
    const answer = answers[0];
    if (answer !== undefined && answers.length === Object.keys(error.innerErrors).length)
      return failureOfAnswer(answer);
    return retry("away", reasonOf(error), error);
  }
  if (error instanceof errors.BusyConnectionError) return retry("load", reasonOf(error), error);
  // The driver throws these for values that it cannot encode.
  if (error instanceof TypeError || error instanceof RangeError) {
    return { outcome: { kind: "rejected", reason: `Cassandra cannot hold it: ${error.message}` }, about: "rows" };
  }
  return retry("away", reasonOf(error), error);
}

function failureOfAnswer(error: errors.ResponseError): Failure {
  switch (error.code) {
    case CODES.invalid:
      if (SCHEMA.test(error.message)) return retry("schema", reasonOf(error), error);
      return {
        outcome: { kind: "rejected", reason: `Cassandra refuses it: ${error.message}` },
        // `batch_size_fail_threshold` (batches of several partitions) and `max_mutation_size` (of one).
        about: /batch too large|oversized mutation/i.test(error.message) ? "size" : "rows",
      };
    // The statements are ours: a syntax that is not understood means another version than 5.0.
    case CODES.syntaxError:
    case CODES.configError:
      return retry("schema", reasonOf(error), error);
    default:
      return retry("load", reasonOf(error), error);
  }
}

function retry(about: Failure["about"], reason: string, cause: unknown): Failure {
  return { outcome: { kind: "retry", reason, retryAfterMs: RETRY_AFTER_MS, cause }, about };
}

/** An error in one line that names the remedy where there is one; never a password, which no error of the driver has. */
export function reasonOf(error: unknown): string {
  if (error instanceof errors.NoHostAvailableError) {
    const hosts = Object.entries(error.innerErrors ?? {}).map(([host, inner]) => `${host}: ${plainOf(inner)}`);
    return `No Cassandra node answers${hosts.length > 0 ? ` (${hosts.join("; ")})` : ""}`;
  }
  return `Cassandra: ${plainOf(error)}`;
}

function plainOf(error: unknown): string {
  if (error instanceof errors.AuthenticationError || codeOf(error) === CODES.badCredentials) {
    return "the user or the password is wrong: check PULSE_CASSANDRA_USER and PULSE_CASSANDRA_PASSWORD_FILE";
  }
  if (codeOf(error) === CODES.unauthorized) {
    return `${messageOf(error)}: grant the role SELECT and MODIFY on the keyspace`;
  }
  const { code } = error as { code?: unknown };
  if (typeof code === "string" && /CERT|SSL|TLS|SIGNATURE|ALTNAME/.test(code)) {
    return `${messageOf(error)} (${code}): check PULSE_CASSANDRA_CA_FILE, PULSE_CASSANDRA_CERT_FILE and PULSE_CASSANDRA_KEY_FILE`;
  }
  return messageOf(error);
}

function codeOf(error: unknown): number | undefined {
  return error instanceof errors.ResponseError ? error.code : undefined;
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 300);
}
