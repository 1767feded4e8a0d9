import { type Client, errors, types } from "cassandra-driver";
import { describe, expect, it } from "vitest";
import { StoreError } from "../store-error.ts";
import { cqlOf } from "./cql.ts";
import { failureOf, failureOfWrite, reasonOf } from "./driver-failure.ts";

const CODES = types.responseErrorCodes;

describe("what an error means for the rows", () => {
  it.each([
    ["unavailable", CODES.unavailableException, "Cannot achieve consistency level LOCAL_QUORUM", "retry", "load"],
    ["a write that timed out", CODES.writeTimeout, "Server timeout during write", "retry", "load"],
    ["overloaded", CODES.overloaded, "too many requests", "retry", "load"],
    ["a node that starts", CODES.isBootstrapping, "", "retry", "load"],
    ["a failure inside", CODES.serverError, "java.lang.NullPointerException", "retry", "load"],
    ["a table that is not there", CODES.invalid, "unconfigured table pulse_events_by_service", "retry", "schema"],
    ["a table that a node has not heard of yet", CODES.invalid, "table schema_lock does not exist", "retry", "schema"],
    [
      "a keyspace that a node has not heard of yet",
      CODES.invalid,
      "Keyspace 'pulsemesh' doesn't exist",
      "retry",
      "schema",
    ],
    ["a column that is not there", CODES.invalid, "Undefined column name x in table k.t", "retry", "schema"],
    [
      "a full disk",
      CODES.invalid,
      "Guardrail replica_disk_usage violated: Write request failed because disk usage exceeds failure threshold",
      "retry",
      "limit",
    ],
    [
      "an expiry after 2038",
      CODES.invalid,
      "Request on table k.t with ttl of 400000000 seconds exceeds maximum supported expiration date of 2038-01-19T03:14:06+00:00.",
      "retry",
      "limit",
    ],
    ["a batch that is too large", CODES.invalid, "Batch too large", "rejected", "size"],
    ["a batch that is much too large", CODES.invalid, "Rejected an oversized mutation (9/8)", "rejected", "size"],
    [
      "a key that is too long",
      CODES.invalid,
      "Key length of 70000 is longer than maximum of 65535",
      "rejected",
      "rows",
    ],
  ])("for %s", (_, code, message, kind, about) => {
    const failure = failureOf(new errors.ResponseError(code, message));
    expect(failure).toMatchObject({ outcome: { kind, reason: expect.stringContaining(message) }, about });
  });

  it("is retry when no node answers, and tells what each node said", () => {
    const error = new errors.NoHostAvailableError({
      "10.0.0.1:9042": new errors.OperationTimedOutError("The host 10.0.0.1:9042 did not reply before timeout 3000 ms"),
    });
    expect(failureOf(error)).toMatchObject({ outcome: { kind: "retry" }, about: "away" });
    expect(reasonOf(error)).toMatch(/No Cassandra node answers \(10.0.0.1:9042: .*timeout 3000 ms\)/);
  });

  it.each([
    [new Error("connect ECONNREFUSED 10.0.0.1:9042"), "(connect ECONNREFUSED 10.0.0.1:9042)"],
    [new errors.AuthenticationError("nope"), "(the user or the password is wrong: check PULSE_CASSANDRA_USER and"],
    [
      Object.assign(new Error("getaddrinfo ENOTFOUND db"), { code: "ENOTFOUND" }),
      "(getaddrinfo ENOTFOUND db: check PULSE_CASSANDRA_CONTACT_POINTS)",
    ],
  ])("names the last cause where the driver's error has none: %s", (cause, reason) => {
    const error = new errors.NoHostAvailableError({});
    expect(reasonOf(error, cause)).toContain(`No Cassandra node answers ${reason}`);
    expect(failureOf(error, cause)).toMatchObject({ outcome: { kind: "retry", reason: reasonOf(error, cause) } });
  });

  it("names the data centres of the nodes where the configured one is none of them", () => {
    const inner = new errors.ArgumentError(
      "localDataCenter was configured as 'dc9', but only found hosts in data centers: [dc1, dc2]",
    );
    expect(reasonOf(new errors.NoHostAvailableError({ "10.0.0.1:9042": inner }))).toBe(
      "PULSE_CASSANDRA_LOCAL_DC: Expected one of the data centres dc1, dc2 that the nodes name, got dc9",
    );
  });

  it("is what all nodes have answered, when all have", () => {
    const invalid = new errors.ResponseError(CODES.invalid, "unconfigured table t");
    expect(failureOf(new errors.NoHostAvailableError({ a: invalid }))).toMatchObject({ about: "schema" });
  });

  it.each([
    [
      "a rejection when the driver cannot encode a value",
      new TypeError("Expected Number, obtained 'x'"),
      "rejected",
      "rows",
    ],
    ["retry when the driver has no connection", new Error("No connection available"), "retry", "away"],
  ])("is %s, and a defect when the same error comes from our own code", async (_, error, kind, about) => {
    expect(failureOfWrite(error)).toEqual({ outcome: { kind: "defect", error }, about: "defect" });
    const driver = { execute: () => Promise.reject(error), batch: () => Promise.reject(error) } as unknown as Client;
    const heard: unknown[] = [];
    const client = cqlOf(driver, { answered() {}, failed: (failure) => heard.push(failure) });
    await expect(client.execute("", [])).rejects.toBe(error);
    await expect(client.batch([], { logged: false })).rejects.toBe(error);
    expect(heard).toEqual([error, error]);
    expect(failureOfWrite(error)).toMatchObject({ outcome: { kind }, about });
    expect(failureOfWrite(new StoreError("away", { cause: error }))).toMatchObject({ outcome: { kind }, about });
  });

  it("names the remedy for credentials and certificates", () => {
    expect(reasonOf(new errors.AuthenticationError("nope"))).toMatch(/PULSE_CASSANDRA_PASSWORD_FILE/);
    expect(reasonOf(new errors.ResponseError(CODES.unauthorized, "no SELECT permission"))).toMatch(
      /grant the role SELECT/,
    );
    expect(
      reasonOf(new errors.ResponseError(CODES.unauthorized, "User a has no CREATE permission on <keyspace k>")),
    ).toMatch(/grant the role CREATE, ALTER, SELECT and MODIFY/);
    const tls = Object.assign(new Error("self-signed certificate"), { code: "SELF_SIGNED_CERT_IN_CHAIN" });
    expect(reasonOf(new errors.NoHostAvailableError({ a: tls }))).toMatch(/PULSE_CASSANDRA_CA_FILE/);
  });
});
