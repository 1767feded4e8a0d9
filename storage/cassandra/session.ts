import { setTimeout as delay } from "node:timers/promises";
import { Client } from "cassandra-driver";
import type { CassandraSettings } from "../../settings/cassandra-settings.ts";
import { clientOptionsOf } from "./client-options.ts";
import { onReconnectionError } from "./control-connection.ts";
import { type Cql, cqlOf } from "./cql.ts";
import { failureOf, reasonOf } from "./outcome.ts";
import { SchemaError, verifySchema } from "./schema-verify.ts";

/** A connection that can be used: its schema is as this build needs it. */
export interface Ready {
  client: Cql;
  bucketMs: number;
}

export interface SessionOptions {
  settings: CassandraSettings;
  /** Called when what was written may be lost or was made anew: a node went down, or the connection is another. */
  onBreak: () => void;
}

const FIRST_PAUSE_MS = 200;
const MAX_PAUSE_MS = 5000;
/** After so long without an answer all names are looked up again: a cluster that was moved has other addresses. */
const RENEW_AFTER_MS = 15_000;

/** Connects in the background for as long as it takes, so that a process may start before its Cassandra does. */
export class CassandraSession {
  readonly #options: SessionOptions;
  readonly #ended = new AbortController();
  #client: Client | undefined;
  #ready: Ready | undefined;
  #failure = "Cassandra has not been reached yet";
  #attempt: Promise<void> | undefined;
  #awaySince: number | undefined;
  #knownNodes = 0;
  #loop: Promise<void>;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#loop = this.#connect();
  }

  /** The connection, if there is one. */
  get ready(): Ready | undefined {
    return this.#ready;
  }

  /** Why there is none. */
  get failure(): string {
    return this.#failure;
  }

  /** How many nodes can be reached, and how many cannot; without a connection none can. */
  get nodes(): { up: number; down: number } {
    if (this.#ready === undefined || this.#client === undefined) {
      return { up: 0, down: this.#knownNodes || (this.#options.settings.contactPoints?.length ?? 1) };
    }
    const hosts = this.#client.hosts.values();
    const up = hosts.filter((host) => host.isUp()).length;
    this.#knownNodes = hosts.length;
    return { up, down: hosts.length - up };
  }

  get isClosed(): boolean {
    return this.#ended.signal.aborted;
  }

  /** The connection; waits for an attempt that is under way. @throws why there is none. */
  async insistOnReady(): Promise<Ready> {
    if (this.#ready === undefined && !this.isClosed) await this.#attempt;
    if (this.isClosed) throw new Error("Expected the Cassandra store to be open, got a closed one: open it again");
    if (this.#ready === undefined) throw new Error(`Expected Cassandra to be ready, got: ${this.#failure}`);
    return this.#ready;
  }

  /** Asks the nodes and looks at the schema. @throws naming the remedy. */
  async check(): Promise<void> {
    await this.insistOnReady();
    try {
      await verifySchema(this.#client as Client, this.#options.settings.keyspace);
      this.#awaySince = undefined;
    } catch (error) {
      if (error instanceof SchemaError) {
        this.#renew(error.message);
        throw error;
      }
      this.note(error);
      throw new Error(`Expected Cassandra to answer, got: ${reasonOf(error)}`, { cause: error });
    }
  }

  /** To be told of every request's end: `undefined` when it was answered. */
  note(error: unknown): void {
    const about = error === undefined ? undefined : failureOf(error).about;
    if (about === "schema") this.#renew(reasonOf(error));
    if (about !== "away") {
      this.#awaySince = undefined;
      return;
    }
    const now = performance.now();
    this.#awaySince ??= now;
    if (now - this.#awaySince > RENEW_AFTER_MS) this.#renew(reasonOf(error));
  }

  async close(): Promise<void> {
    this.#ended.abort();
    await this.#loop;
    this.#ready = undefined;
    await this.#client?.shutdown();
  }

  // The old client is let go of at once: its requests fail, which is what they would do in a while.
  #renew(reason: string): void {
    if (this.#ready === undefined || this.isClosed) return;
    const client = this.#client;
    this.#ready = undefined;
    this.#awaySince = undefined;
    this.#failure = reason;
    this.#options.onBreak();
    client?.shutdown().catch(() => {});
    this.#loop = this.#connect();
  }

  async #connect(): Promise<void> {
    for (let pauseMs = FIRST_PAUSE_MS; !this.isClosed; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
      this.#attempt = this.#tryOnce();
      await this.#attempt;
      this.#attempt = undefined;
      if (this.#ready !== undefined) return;
      // Half of it by chance: many processes that lost one Cassandra do not come back in step.
      const pause = pauseMs / 2 + Math.random() * (pauseMs / 2);
      await delay(pause, undefined, { signal: this.#ended.signal }).catch(() => {});
    }
  }

  async #tryOnce(): Promise<void> {
    let client: Client | undefined;
    try {
      client = new Client(await clientOptionsOf(this.#options.settings));
      onReconnectionError(client, (error) => {
        if (this.#client === client) this.#renew(reasonOf(error));
      });
      await client.connect();
      const { bucketMs } = await verifySchema(client, this.#options.settings.keyspace);
      client.on("hostDown", () => this.#options.onBreak());
      this.#client = client;
      this.#ready = { client: cqlOf(client), bucketMs };
    } catch (error) {
      this.#failure = error instanceof SchemaError ? error.message : reasonOf(error);
      await client?.shutdown().catch(() => {});
    }
  }
}
