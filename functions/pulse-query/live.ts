import { Readable } from "node:stream";

/** One server-sent event. */
export interface LiveEvent {
  event: string;
  data: unknown;
}

/** What a stream is about: things that are there, change and go. */
export interface LiveSource<T> {
  /** All of them, as they are now. */
  ask(): Promise<readonly T[]>;
  keyOf(item: T): string;
  isSame(before: T, after: T): boolean;
  eventOf(item: T): LiveEvent;
  /** What is told when one has gone; absent: nothing. */
  goneEventOf?(item: T): LiveEvent;
  /** What ends the snapshot. */
  readyEventOf(items: readonly T[]): LiveEvent;
}

/** How streams are kept. */
export interface LiveOptions {
  /** How often the store is asked while somebody listens. @default 1000 */
  pollMs?: number | undefined;
  /** How often a comment shows listeners and proxies that the stream lives. @default 15000 */
  heartbeatMs?: number | undefined;
  /** What a listener may leave unread, besides one snapshot, before it is dropped. @default 262144 */
  maxUnreadBytes?: number | undefined;
  /** @default 1000 */
  maxListeners?: number | undefined;
  onError: (error: unknown) => void;
  /** Told when the last listener has left. */
  onIdle?: (() => void) | undefined;
}

/** How long a browser waits before it connects again. */
const RETRY_MS = 2000;
const HEARTBEAT = Buffer.from(": heartbeat\n\n");

/**
 * A source as server-sent events. A stream begins with a snapshot — an event for each thing, then `ready` — and goes on
 * with what is new, has changed or has gone. However many listen, the source is asked once a turn, and each event is
 * encoded once.
 */
export class Live<T> {
  readonly #source: LiveSource<T>;
  readonly #pollMs: number;
  readonly #heartbeatMs: number;
  readonly #maxUnreadBytes: number;
  readonly #maxListeners: number;
  readonly #onError: (error: unknown) => void;
  readonly #onIdle: (() => void) | undefined;
  /** What the last turn found, by key. */
  #known = new Map<string, T>();
  /** Those that have had their snapshot, and those that wait for it until the store has answered. */
  readonly #listeners = new Set<Readable>();
  readonly #newcomers = new Set<Readable>();
  #snapshot: Buffer | undefined;
  #timer: NodeJS.Timeout | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #isPolling = false;
  #isEnded = false;

  constructor(source: LiveSource<T>, options: LiveOptions) {
    this.#source = source;
    this.#pollMs = options.pollMs ?? 1000;
    this.#heartbeatMs = options.heartbeatMs ?? 15_000;
    this.#maxUnreadBytes = options.maxUnreadBytes ?? 256 * 1024;
    this.#maxListeners = options.maxListeners ?? 1000;
    this.#onError = options.onError;
    this.#onIdle = options.onIdle;
  }

  get listeners(): number {
    return this.#listeners.size + this.#newcomers.size;
  }

  /** A new stream; `undefined` when there are too many already or the end has come. */
  listen(): Readable | undefined {
    if (this.#isEnded || this.listeners >= this.#maxListeners) return undefined;
    const stream = new Readable({ read: () => undefined });
    stream.push(`retry: ${RETRY_MS}\n\n`);
    stream.on("close", () => this.#leave(stream));
    stream.on("error", () => undefined); // a listener that was dropped or went away: nobody is left to be told
    if (this.#snapshot === undefined) this.#newcomers.add(stream);
    else {
      stream.push(this.#snapshot);
      this.#listeners.add(stream);
    }
    this.#heartbeat ??= setInterval(() => this.#send(HEARTBEAT), this.#heartbeatMs);
    if (!this.#isPolling && this.#timer === undefined) void this.#poll();
    return stream;
  }

  /** Ends every stream; none begins after. */
  end(): void {
    this.#isEnded = true;
    for (const stream of [...this.#listeners, ...this.#newcomers]) {
      stream.push(null);
      this.#leave(stream);
    }
  }

  #leave(stream: Readable): void {
    this.#listeners.delete(stream);
    this.#newcomers.delete(stream);
    if (this.listeners > 0) return;
    clearTimeout(this.#timer);
    clearInterval(this.#heartbeat);
    this.#timer = undefined;
    this.#heartbeat = undefined;
    // What was known grows old while nobody listens: the next one waits for the store.
    this.#snapshot = undefined;
    this.#known = new Map();
    this.#onIdle?.();
  }

  async #poll(): Promise<void> {
    this.#timer = undefined;
    this.#isPolling = true;
    try {
      const items = await this.#source.ask();
      if (this.listeners > 0) this.#publish(items);
    } catch (error) {
      this.#onError(error); // listeners stay: the store may be back at the next turn
    }
    this.#isPolling = false;
    if (this.listeners > 0) this.#timer = setTimeout(() => void this.#poll(), this.#pollMs);
  }

  #publish(items: readonly T[]): void {
    const source = this.#source;
    const before = this.#known;
    const after = new Map<string, T>();
    const changes: string[] = [];
    for (const item of items) {
      const key = source.keyOf(item);
      after.set(key, item);
      const known = before.get(key);
      if (known === undefined || !source.isSame(known, item)) changes.push(encode(source.eventOf(item)));
    }
    if (source.goneEventOf !== undefined) {
      for (const [key, item] of before) if (!after.has(key)) changes.push(encode(source.goneEventOf(item)));
    }
    this.#known = after;
    if (changes.length > 0 || this.#snapshot === undefined) {
      const all = items.map((item) => encode(source.eventOf(item)));
      this.#snapshot = Buffer.from(all.join("") + encode(source.readyEventOf(items)));
    }
    if (changes.length > 0) this.#send(Buffer.from(changes.join("")));
    for (const stream of this.#newcomers) {
      stream.push(this.#snapshot);
      this.#newcomers.delete(stream);
      this.#listeners.add(stream);
    }
  }

  #send(bytes: Buffer): void {
    const maxUnread = this.#maxUnreadBytes + (this.#snapshot?.length ?? 0);
    for (const stream of this.#listeners) {
      if (stream.readableLength > maxUnread) stream.destroy();
      else stream.push(bytes);
    }
    if (bytes === HEARTBEAT) for (const stream of this.#newcomers) stream.push(bytes);
  }
}

/** One server-sent event: https://html.spec.whatwg.org/multipage/server-sent-events.html. JSON text holds no newline. */
function encode({ event, data }: LiveEvent): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
