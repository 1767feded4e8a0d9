import { setTimeout as delay } from "node:timers/promises";
import { requireWholeAccess } from "../../settings/cassandra-access.ts";
import type { CassandraSettings } from "../../settings/cassandra-settings.ts";
import { BoundedMap } from "../bounded-map.ts";
import { CLOSED, type NotStored, retry } from "../outcome.ts";
import type { WriteOutcome } from "../ports.ts";
import { StoreError } from "../store-error.ts";
import { type Cql, cqlOf, failingAsStore, isOfDriver, type RequestListener } from "./cql.ts";
import { ConnectionError, connectDriver, type DriverClient } from "./driver-client.ts";
import { failureOf, failureOfWrite, reasonOf, type WriteFailure } from "./driver-failure.ts";
import { FullDiskError, SchemaError, verifyLimits, verifySchema } from "./schema-verify.ts";

/** A connection that can be used: its schema is as this build needs it. */
export interface Ready {
  client: Cql;
  bucketMs: number;
}

export interface SessionOptions {
  settings: CassandraSettings;
  /** Called when Cassandra may have lost what it answered: a node went down, or the session connects again. */
  onBreak?: (() => void) | undefined;
  /** Gets a line when Cassandra is away or refuses by a limit, with the reason, and when it answers again. */
  onLine?: ((line: string) => void) | undefined;
}

const FIRST_PAUSE_MS = 200;
const MAX_PAUSE_MS = 5000;
/** After so long without an answer, all names are looked up again: a cluster that has moved has other addresses. */
const RENEW_AFTER_MS = 15_000;
/** A reason is said once in this time, however often it comes. */
const SAY_AGAIN_MS = 60_000;
const MAX_REASONS = 20;
/** For requests before a session is ready, which its own attempts tell of. */
const UNHEARD: RequestListener = { answered() {}, failed() {} };

/** Connects in the background for as long as it takes, so that a process may start before its Cassandra does. */
export class CassandraSession {
  readonly #options: SessionOptions;
  readonly #ended = new AbortController();
  readonly #writes = new Set<Promise<WriteOutcome>>();
  readonly #listener: RequestListener = {
    answered: () => {
      if (this.#awaySince !== undefined || this.#hasSaidAway) this.#noteAnswer();
    },
    failed: (error) => this.#noteFailure(error),
  };
  readonly #said = new BoundedMap<number>(MAX_REASONS);
  #hasSaidAway = false;
  /** A limit of the operator has refused a request. */
  #isLimited = false;
  #driver: DriverClient | undefined;
  #ready: Ready | undefined;
  #failure = "Cassandra has not been reached yet";
  #attempt: Promise<void> | undefined;
  #awaySince: number | undefined;
  #knownNodes = 0;
  #loop: Promise<void>;
  #closed: Promise<void> | undefined;

  /** @throws {SettingsError} when a setting would be ignored without another */
  constructor(options: SessionOptions) {
    requireWholeAccess(options.settings);
    this.#options = options;
    this.#loop = this.#connect();
  }

  /** How many nodes can be reached, and how many cannot; without a connection none can. */
  get nodes(): { up: number; down: number } {
    if (this.#ready === undefined || this.#driver === undefined) {
      return { up: 0, down: this.#knownNodes || (this.#options.settings.contactPoints?.length ?? 1) };
    }
    const hosts = this.#driver.client.hosts.values();
    const up = hosts.filter((host) => host.isUp()).length;
    this.#knownNodes = hosts.length;
    return { up, down: hosts.length - up };
  }

  /** The connection for a new write, or why there is none. */
  get forWrite(): Ready | NotStored {
    return this.#closed === undefined ? (this.#ready ?? retry(this.#failure)) : CLOSED;
  }

  /** Writes that have no answer yet, among those that {@link follow} was given. */
  get writesUnderWay(): number {
    return this.#writes.size;
  }

  /** Keeps the session open until a write has its answer. */
  follow(write: Promise<WriteOutcome>): Promise<WriteOutcome> {
    this.#writes.add(write);
    const done = () => void this.#writes.delete(write);
    write.then(done, done);
    return write;
  }

  /**
   * The connection for who needs an answer; waits for an attempt that is under way.
   * @throws {StoreError} why there is none; so does each request that fails.
   */
  async insist(): Promise<Ready> {
    const { client, bucketMs } = await this.#insistOnReady();
    return { client: failingAsStore(client, (error) => reasonOf(error, this.#driver?.lastCause())), bucketMs };
  }

  async #insistOnReady(): Promise<Ready> {
    if (this.#ready === undefined) await this.#attempt;
    if (this.#ended.signal.aborted) {
      throw new StoreError("Expected the Cassandra store to be open, got a closed one: open it again");
    }
    if (this.#ready === undefined) throw new StoreError(`Expected Cassandra to be ready, got: ${this.#failure}`);
    return this.#ready;
  }

  /** Does some work on the connection; resolves with what went wrong instead of rejecting. */
  async attempt<T>(work: (ready: Ready) => Promise<T>): Promise<T | WriteFailure> {
    const ready = this.#ready;
    if (ready === undefined) return { outcome: retry(this.#failure), about: "away" };
    try {
      return await work(ready);
    } catch (error) {
      return failureOfWrite(error, this.#driver?.lastCause());
    }
  }

  /** Asks the nodes and looks at the schema. @throws naming the remedy. */
  async check(): Promise<void> {
    const { client } = await this.#insistOnReady();
    try {
      const { keyspace } = this.#options.settings;
      await verifySchema(client, keyspace);
      if (this.#isLimited) await verifyLimits(client, keyspace);
      this.#isLimited = false;
    } catch (error) {
      // No other process would find room, and reads go on.
      if (error instanceof FullDiskError) return;
      if (error instanceof SchemaError) {
        if (!this.#isLimited) this.#renew(error.message);
        throw error;
      }
      if (!isOfDriver(error)) throw new Error(defectOf(error), { cause: error });
      const reason = reasonOf(error, this.#driver?.lastCause());
      throw new Error(`Expected Cassandra to answer, got: ${reason}`, { cause: error });
    }
  }

  /** Takes no new writes, waits for those under way, and disconnects. */
  close(): Promise<void> {
    this.#closed ??= (async () => {
      while (this.#writes.size > 0) await Promise.allSettled(this.#writes);
      this.#ended.abort();
      await this.#loop;
      this.#ready = undefined;
      await this.#driver?.client.shutdown();
    })();
    return this.#closed;
  }

  #noteAnswer(): void {
    this.#awaySince = undefined;
    if (!this.#hasSaidAway) return;
    this.#hasSaidAway = false;
    this.#options.onLine?.("Cassandra answers again");
  }

  #noteFailure(error: unknown): void {
    const { about } = failureOf(error);
    const reason = reasonOf(error, this.#driver?.lastCause());
    if (about === "schema") this.#renew(reason);
    if (about === "limit") {
      this.#isLimited = true;
      this.#say(reason);
    }
    if (about !== "away") {
      this.#awaySince = undefined;
      return;
    }
    this.#sayAway(reason);
    const now = performance.now();
    this.#awaySince ??= now;
    if (now - this.#awaySince > RENEW_AFTER_MS) this.#renew(reason);
  }

  #sayAway(reason: string): void {
    if (this.#say(reason)) this.#hasSaidAway = true;
  }

  #say(reason: string): boolean {
    if (this.#ended.signal.aborted) return false;
    const now = performance.now();
    const said = this.#said.get(reason);
    if (said !== undefined && now - said < SAY_AGAIN_MS) return false;
    this.#said.set(reason, now);
    this.#options.onLine?.(reason);
    return true;
  }

  // The old client is shut down at once: its requests fail now, as they would later.
  #renew(reason: string): void {
    if (this.#ready === undefined || this.#ended.signal.aborted) return;
    const former = this.#driver;
    this.#ready = undefined;
    this.#awaySince = undefined;
    this.#failure = reason;
    this.#sayAway(reason);
    this.#options.onBreak?.();
    former?.client.shutdown().catch(() => {});
    this.#loop = this.#connect();
  }

  async #connect(): Promise<void> {
    const { signal } = this.#ended;
    for (let pauseMs = FIRST_PAUSE_MS; !signal.aborted; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
      this.#attempt = this.#tryOnce();
      await this.#attempt;
      this.#attempt = undefined;
      if (this.#ready !== undefined) return;
      // Half of the pause is random: processes that lost the same Cassandra do not come back in step.
      const pause = pauseMs / 2 + Math.random() * (pauseMs / 2);
      await delay(pause, undefined, { signal }).catch(() => {});
    }
  }

  async #tryOnce(): Promise<void> {
    let driver: DriverClient | undefined;
    try {
      driver = await connectDriver(this.#options.settings, (error) => {
        if (this.#driver === driver) this.#renew(reasonOf(error, driver?.lastCause()));
      });
      const { client } = driver;
      const { bucketMs } = await verifySchema(cqlOf(client, UNHEARD), this.#options.settings.keyspace);
      client.on("hostDown", () => this.#options.onBreak?.());
      this.#driver = driver;
      this.#ready = { client: cqlOf(client, this.#listener), bucketMs };
      this.#noteAnswer();
    } catch (error) {
      const isPlain = error instanceof SchemaError || error instanceof ConnectionError;
      const isDefect = driver !== undefined && !isPlain && !isOfDriver(error);
      this.#failure = isPlain ? error.message : isDefect ? defectOf(error) : reasonOf(error, driver?.lastCause());
      this.#sayAway(this.#failure);
      await driver?.client.shutdown().catch(() => {});
    }
  }
}

function defectOf(error: unknown): string {
  return `What Cassandra answered was not read: this is a defect (${error})`;
}
