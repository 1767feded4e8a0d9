// What the functions ask of a store, and nothing more. Each handler takes only the port that it needs. What every adapter
// must keep is in storage/contract/suite.ts, which runs against the real thing.
import type { CloudEvent } from "../events/cloud-event.ts";
import type { Parsed } from "../events/fault.ts";
import type { Pulse } from "../events/pulse.ts";
import type { Span } from "./span.ts";
import type { Tier } from "./tiers.ts";

/** What became of a write: it is safe, it never will be, or it may be when it is sent again. */
export type WriteOutcome =
  | { kind: "stored" }
  | { kind: "rejected"; reason: string }
  | { kind: "retry"; reason: string; retryAfterMs: number; cause?: unknown };

/** What became of one batch or transaction, for metrics. `defect`: our own code failed, and the call that wrote throws. */
export interface StoreBatch {
  rows: number;
  durationMs: number;
  outcome: WriteOutcome["kind"] | "defect";
}

/** Takes pulses in. */
export interface PulseWriter {
  /**
   * Stores all of the pulses, durably, before it answers `stored`. A pulse that is stored already changes nothing: one
   * with the same service, source and id (on Cassandra, and the same `event_time` where the sender gave one). Of two such
   * pulses that differ in what they say, one is kept whole: on SQLite the first. Never
   * throws for a store that is away, slow or full: that is `retry`.
   */
  write(pulses: readonly Pulse[]): Promise<WriteOutcome>;
}

/** A pulse as it is read back. */
export type StoredPulse = Omit<Pulse, "is_time_of_arrival" | "traceparent">;

/** Of a pulse: its time (epoch ms), its latency in ms, and its status. */
export type Measure = readonly [time: number, latencyMs: number, status: string];

export interface PulsePage {
  pulses: StoredPulse[];
  /** Continues after the last of them; absent at the end. Opaque; stays right while pulses are written. */
  cursor?: string;
}

/** Reads pulses back. */
export interface PulseReader {
  /**
   * The newest pulse of every service, in chunks of bounded size, in an order of the store that stays as it is while services
   * come and go. Only those that follow the service `after` in that order, whether it is there or not. Without their
   * metadata, which may be most of what they weigh, where `isBare`.
   */
  latest(after?: string, isBare?: boolean): AsyncIterable<readonly StoredPulse[]>;
  /** The names of all services that `latest` has, in any order, in chunks of bounded size. */
  names(): AsyncIterable<readonly string[]>;
  /**
   * The pulses of a service in a span, newest first (then by source and id), at most `limit`: fewer, with a cursor, where
   * they would weigh much.
   * A cursor that this store did not make is a fault at `/cursor`.
   */
  page(service: string, span: Span, limit: number, cursor?: string): Promise<Parsed<PulsePage>>;
  /** All pulses of a service in a span, newest first, in chunks of bounded size. */
  scan(service: string, span: Span): AsyncIterable<readonly StoredPulse[]>;
  /** What is measured of them, in the same order: some five times as fast. */
  measures(service: string, span: Span): AsyncIterable<readonly Measure[]>;
}

/** Counts pulses: of a store in which that is much cheaper than to read them. */
export interface PulseCounter {
  /** How many pulses a service has in a span. */
  count(service: string, span: Span): Promise<number>;
}

/** The marks of a service: for the beginning of each hour that has some (epoch ms), a text that each new mark changes. */
export type Marks = ReadonlyMap<number, string>;

/** A rollup as it is kept: what is known of a service's pulses in a minute, an hour or a day. */
export interface KeptRollup {
  /** Epoch ms of its beginning. */
  start: number;
  /** Which marks it has seen, see `seenOf`. */
  seen: string;
  value: Uint8Array;
}

/** Keeps rollups beside the pulses, and the marks that say which rollups miss some; see marks.ts. */
export interface RollupStore {
  /**
   * Epoch ms: what ends at or before it may be rolled. Pulses stored from now on whose time lies before it leave a mark for their
   * hour, in the same moment or before they are `stored`.
   */
  sealedUntil(): Promise<number>;
  /** The marks of a service for the hours that a span touches. */
  marks(service: string, span: Span): Promise<Marks>;
  /** The rollups of a service that begin in a span. */
  list(service: string, tier: Tier, span: Span): Promise<KeptRollup[]>;
  /**
   * Keeps rollups, each in place of one with the same beginning.
   * @param since the marks that were read before their pulses
   * @returns false when the store does not take them at the moment, or a service was forgotten meanwhile
   */
  keep(service: string, tier: Tier, rollups: readonly KeptRollup[], since: Marks): Promise<boolean>;
}

/** Removes services. */
export interface PulseForgetter {
  /**
   * Removes all pulses of some services. What was stored before the call is gone once it resolves; what arrives after it has
   * resolved is stored, even a pulse that was removed; of what arrives meanwhile, some may be removed. Safe to repeat.
   * @param onForgotten called after each service
   * @throws {StoreError} when the store is away; some services may be removed then
   */
  forget(services: readonly string[], onForgotten?: (service: string) => void): Promise<void>;
}

/** An event that could not be delivered, and why. */
export interface DeadLetter {
  /** Made from the event's source, id, subject and failed destination: the same failure again is the same dead letter. */
  id: string;
  event: CloudEvent;
  /** The class of what went wrong, see `reasonOf`. */
  reason: string;
  /** Where it could not be delivered. */
  destination: string | undefined;
  /** The HTTP status of the last answer. */
  code: number | undefined;
  /** The last answer's body, as text. */
  detail: string | undefined;
  /** Epoch ms of its (last) arrival. */
  time: number;
  /** Epoch ms of the last replay that the broker took; absent before, and again once the dead letter comes back. */
  replayedAt?: number;
  /** The JSON that somebody last sent in place of the event's data. The event keeps the data that failed first. */
  correction?: string;
}

/** How many of the newest dead letters were not replayed. */
export interface WaitingCount {
  waiting: number;
  /** Whether there are older dead letters, which were not counted. */
  isCut: boolean;
}

export interface DeadLetterFilter {
  reason?: string;
  /** Only those that came in the span. */
  span?: Span;
  /** Only those not replayed, or only those that were. */
  isReplayed?: boolean;
}

export interface DeadLetterPage {
  deadLetters: DeadLetter[];
  cursor?: string;
}

/** Keeps dead letters until they are replayed or the retention has passed. */
export interface DeadLetterStore {
  /** Keeps a dead letter durably. It replaces one with the same id, and counts as not replayed. */
  put(deadLetter: DeadLetter): Promise<WriteOutcome>;
  get(id: string): Promise<DeadLetter | undefined>;
  /** Newest first, at most `limit`. A cursor that this store did not make is a fault at `/cursor`. */
  list(filter: DeadLetterFilter, limit: number, cursor?: string): Promise<Parsed<DeadLetterPage>>;
  /** Counts those of the newest `limit` that were not replayed. Reads none of their events. */
  countWaiting(limit: number): Promise<WaitingCount>;
  /**
   * Notes that the broker took a dead letter that was sent to it at `time` (epoch ms). A dead letter that came, or came
   * back, after `time` stays as it is: that is another failure.
   */
  markReplayed(id: string, time: number): Promise<void>;
}

/** What every open store does besides. */
export interface StoreLifecycle {
  /** Resolves when the store can be used; rejects with an error that names the remedy. */
  check(): Promise<void>;
  /** Finishes what is under way and closes every handle. */
  close(): Promise<void>;
}
