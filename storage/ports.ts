// What the functions ask of a store, and nothing more. Each handler takes only the port it needs; `storage/contract/suite.ts`
// says what every adapter must keep, and runs against the real thing.
import type { CloudEvent } from "../events/cloud-event.ts";
import type { Parsed } from "../events/fault.ts";
import type { Pulse } from "../events/pulse.ts";

/** What became of a write: it is safe, it never will be, or it may be if it is tried again. */
export type WriteOutcome =
  | { kind: "stored" }
  | { kind: "rejected"; reason: string }
  | { kind: "retry"; reason: string; retryAfterMs: number; cause?: unknown };

/** Takes pulses in. */
export interface PulseWriter {
  /**
   * Stores all of the pulses, durably, before it says `stored`. A pulse whose service, source and id are stored already
   * changes nothing. Never throws for a store that is away, slow or full: that is `retry`.
   */
  write(pulses: readonly Pulse[]): Promise<WriteOutcome>;
}

/** A pulse as it is read back. */
export type StoredPulse = Omit<Pulse, "is_time_of_arrival" | "traceparent">;

/** The span [from, to) in epoch ms. */
export interface Span {
  from: number;
  to: number;
}

export interface PulsePage {
  pulses: StoredPulse[];
  /** Continues after the last of them; absent at the end. Opaque, and stays right while pulses are written. */
  cursor?: string;
}

/** Reads pulses back. */
export interface PulseReader {
  /** The newest pulse of every service, sorted by service name. */
  latest(): Promise<StoredPulse[]>;
  /**
   * The pulses of a service in a span, newest first (then by source and id), at most `limit`.
   * A cursor that this store did not make is a fault at `/cursor`.
   */
  page(service: string, span: Span, limit: number, cursor?: string): Promise<Parsed<PulsePage>>;
  /** All pulses of a service in a span, newest first, in chunks of bounded size. */
  scan(service: string, span: Span): AsyncIterable<readonly StoredPulse[]>;
}

/** An event that could not be delivered, and why. */
export interface DeadLetter {
  /** Derived from the event's source, id and failed destination: the same failure again is the same letter. */
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
  /** Epoch ms of the last replay the broker took; absent until then, and again when it comes back. */
  replayedAt?: number;
}

export interface DeadLetterFilter {
  reason?: string;
  /** Only letters that came in the span. */
  span?: Span;
  /** Only letters not replayed, or only those that were. */
  isReplayed?: boolean;
}

export interface DeadLetterPage {
  letters: DeadLetter[];
  cursor?: string;
}

/** Keeps dead letters until they are replayed or the retention has passed. */
export interface DeadLetterStore {
  /** Keeps a letter durably; one with the same id replaces the former and counts as not replayed. */
  put(letter: DeadLetter): Promise<WriteOutcome>;
  get(id: string): Promise<DeadLetter | undefined>;
  /** Newest first, at most `limit`. A cursor that this store did not make is a fault at `/cursor`. */
  list(filter: DeadLetterFilter, limit: number, cursor?: string): Promise<Parsed<DeadLetterPage>>;
  /**
   * Notes that the broker has taken a letter back, sent to it at `time` (epoch ms). A letter that came, or came back,
   * after that stays as it is: it is another failure.
   */
  markReplayed(id: string, time: number): Promise<void>;
}

/** What every open store can do besides. */
export interface StoreLifecycle {
  /** Resolves when the store can be used; rejects with an error that names the remedy. */
  check(): Promise<void>;
  /** Finishes what is under way and lets go of every handle. */
  close(): Promise<void>;
}
