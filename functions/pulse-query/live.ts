import type { Readable } from "node:stream";
import { type LiveEvent, piecesOf } from "./live-pieces.ts";
import { HEARTBEAT_MS } from "./live-protocol.ts";
import { Unread, type UnreadStream } from "./unread.ts";

/** What a stream shows. */
export interface LiveSource {
  /** Asks the store for what has changed since the last look. @throws when the store is away. */
  look(): Promise<readonly LiveEvent[]>;
  /** What a listener gets first: what the last look saw, or what came after the event with the id `lastId` ("" for none). */
  begin(lastId: string): Iterable<LiveEvent>;
  /** Ids with the same text have the same beginning. @default the id itself */
  beginningOf?(lastId: string): string;
  /** The event that follows `begin`, and that ends a failure of the store. */
  readyEvent(): LiveEvent;
  /** What a heartbeat says besides its time. */
  heartbeat?(): object;
}

/** How streams are kept. */
export interface LiveOptions {
  /** How often the source looks while somebody listens; less often where a look takes more than half of it. */
  pollMs: number;
  heartbeatMs: number;
  /** What a listener may leave unread, besides one beginning, before it is dropped. */
  maxUnreadBytes: number;
  /** What all listeners leave unread. @default those of each source have their own */
  unread?: Unread;
  /** Of all streams together, shared between clients. */
  maxListeners: number;
  /** What to tell listeners when a look has failed. */
  explain: (error: unknown) => Promise<string>;
  /** Why pulses are not stored at this moment. Listeners get it with each heartbeat. */
  whyNotStored: () => Promise<string | undefined>;
  /** Called when the last listener has left. */
  onIdle: () => unknown;
}

export const LIVE_DEFAULTS: Omit<LiveOptions, "explain"> = {
  pollMs: 1000,
  heartbeatMs: HEARTBEAT_MS,
  maxUnreadBytes: 512 * 1024,
  maxListeners: 1000,
  onIdle: () => undefined,
  whyNotStored: async () => undefined,
};

/** Beginnings that are kept to be shared. */
const MAX_BEGINNINGS = 20;
/** How long a browser waits before it connects again. */
const RETRY = Buffer.from("retry: 2000\n");

/**
 * Streams a source as server-sent events. A stream begins with what the source holds, which ends with `ready`, and goes on
 * with what changes. For all listeners together, the source looks once each poll and each change is encoded once. While
 * the store does not answer, listeners are told why (`away`); `ready` ends that too.
 */
export class Live {
  readonly #source: LiveSource;
  readonly #options: LiveOptions;
  readonly #unread: Unread;
  /** Streams that have had their beginning. */
  readonly #listeners = new Set<UnreadStream>();
  /** Whether the listener of a stream may still have it. */
  readonly #mayStay = new Map<UnreadStream, () => boolean>();
  /** Streams that wait for a look, with the last id that each has seen. */
  readonly #newcomers = new Map<UnreadStream, string>();
  /** Beginnings as of the last look, by the last id that they follow: any client may name any id. */
  readonly #beginnings = new Map<string, readonly Buffer[]>();
  #longestBeginning = 0;
  /** Whether the last look was a success and somebody has listened since. */
  #isCurrent = false;
  /** Why the store does not answer. */
  #away: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #isPolling = false;

  constructor(source: LiveSource, options: LiveOptions) {
    this.#source = source;
    this.#options = options;
    this.#unread = options.unread ?? new Unread();
  }

  get listeners(): number {
    return this.#listeners.size + this.#newcomers.size;
  }

  /** A new stream of a client, which ends once it may not stay. */
  listen(lastId = "", mayStay = () => true, client = ""): Readable {
    const stream = this.#unread.open(client);
    const { readable } = stream;
    // The line opens the first event's block. Alone in a block it would be no event, but widely used clients hand it out
    // as one.
    stream.push([RETRY]);
    this.#mayStay.set(stream, mayStay);
    readable.on("close", () => this.#leave(stream));
    readable.on("error", () => undefined); // The listener was dropped or went away: nobody is left to hear of it.
    if (this.#isCurrent) this.#welcome(stream, lastId);
    else {
      this.#newcomers.set(stream, lastId);
      if (this.#away !== undefined) stream.push([...piecesOf([awayEvent(this.#away)])]);
    }
    this.#heartbeat ??= setInterval(() => void this.#beat(), this.#options.heartbeatMs);
    if (!this.#isPolling && this.#timer === undefined) void this.#poll();
    return readable;
  }

  /** Ends every stream. */
  end(): void {
    for (const stream of this.#streams()) this.#finish(stream);
  }

  #finish(stream: UnreadStream): void {
    stream.end();
    this.#leave(stream);
  }

  #streams(): UnreadStream[] {
    return [...this.#listeners, ...this.#newcomers.keys()];
  }

  #leave(stream: UnreadStream): void {
    const before = this.listeners;
    this.#listeners.delete(stream);
    this.#newcomers.delete(stream);
    this.#mayStay.delete(stream);
    if (this.listeners > 0 || before === 0) return;
    clearTimeout(this.#timer);
    clearInterval(this.#heartbeat);
    this.#timer = undefined;
    this.#heartbeat = undefined;
    // What was seen grows old while nobody listens: the next listener waits for a look.
    this.#isCurrent = false;
    this.#away = undefined;
    this.#forgetBeginnings();
    this.#longestBeginning = 0;
    this.#options.onIdle();
  }

  async #poll(): Promise<void> {
    this.#timer = undefined;
    this.#isPolling = true;
    const startedAt = performance.now();
    try {
      const changes = await this.#source.look();
      if (this.listeners > 0) this.#publish(changes);
    } catch (error) {
      const reason = await this.#options.explain(error);
      if (this.listeners > 0) this.#tellAway(reason);
    }
    this.#isPolling = false;
    const pauseMs = Math.max(this.#options.pollMs, 2 * (performance.now() - startedAt));
    if (this.listeners > 0) this.#timer = setTimeout(() => void this.#poll(), pauseMs);
  }

  #publish(changes: readonly LiveEvent[]): void {
    const sent = this.#away === undefined ? changes : [...changes, this.#source.readyEvent()];
    this.#away = undefined;
    this.#isCurrent = true;
    if (changes.length > 0) this.#forgetBeginnings();
    if (sent.length > 0) this.#send(this.#listeners, sent);
    for (const [stream, lastId] of this.#newcomers) {
      this.#newcomers.delete(stream);
      this.#welcome(stream, lastId);
    }
  }

  /** Listeners stay while the store is away: it may be back at the next look. */
  #tellAway(reason: string): void {
    this.#isCurrent = false;
    if (reason === this.#away) return;
    this.#away = reason;
    this.#send(this.#streams(), [awayEvent(reason)]);
  }

  async #beat(): Promise<void> {
    for (const [stream, mayStay] of this.#mayStay) if (!mayStay()) this.#finish(stream);
    const reason = await this.#options.whyNotStored();
    const data = {
      time: new Date().toISOString(),
      ...(this.#isCurrent && this.#source.heartbeat?.()),
      ...(reason !== undefined && { not_stored: reason }),
    };
    this.#send(this.#streams(), [{ event: "heartbeat", data }]);
  }

  #welcome(stream: UnreadStream, lastId: string): void {
    const source = this.#source;
    const key = source.beginningOf?.(lastId) ?? lastId;
    let beginning = this.#beginnings.get(key);
    if (beginning === undefined) {
      beginning = [...piecesOf(source.begin(lastId)), ...piecesOf([source.readyEvent()])];
      this.#keepBeginning(key, beginning);
      const length = beginning.reduce((sum, piece) => sum + piece.length, 0);
      this.#longestBeginning = Math.max(this.#longestBeginning, length);
    }
    stream.push(beginning);
    this.#listeners.add(stream);
    this.#unread.shed();
  }

  #keepBeginning(key: string, beginning: readonly Buffer[]): void {
    this.#beginnings.set(key, beginning);
    this.#unread.keep(beginning, () => this.#beginnings.delete(key));
    const [oldest] = this.#beginnings.values();
    if (this.#beginnings.size > MAX_BEGINNINGS) this.#unread.forget(oldest as readonly Buffer[]);
  }

  #forgetBeginnings(): void {
    for (const beginning of this.#beginnings.values()) this.#unread.forget(beginning);
  }

  #send(streams: Iterable<UnreadStream>, events: readonly LiveEvent[]): void {
    const pieces = [...piecesOf(events)];
    const maxUnread = this.#options.maxUnreadBytes + this.#longestBeginning;
    for (const stream of streams) {
      if (stream.bytes > maxUnread) stream.readable.destroy();
      else stream.push(pieces);
    }
    this.#unread.shed();
  }
}

function awayEvent(reason: string): LiveEvent {
  return { event: "away", data: { reason } };
}
