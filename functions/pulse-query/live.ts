import { Readable } from "node:stream";

/** One server-sent event. */
export interface LiveEvent {
  event: string;
  data: unknown;
}

/** The items that a stream shows: they appear, change and go. */
export interface LiveSource<T> {
  /** All items as they are now. */
  ask(): Promise<readonly T[]>;
  keyOf(item: T): string;
  isSame(before: T, after: T): boolean;
  eventOf(item: T): LiveEvent;
  /** The event for an item that has gone; without it, nothing is sent. */
  goneEventOf?(item: T): LiveEvent;
  /** The event that ends a snapshot. */
  readyEventOf(items: readonly T[]): LiveEvent;
}

/** How streams are kept. */
export interface LiveOptions {
  /** How often the source is asked while somebody listens. */
  pollMs: number;
  /** How often a comment shows listeners and proxies that the stream lives. */
  heartbeatMs: number;
  /** What a listener may leave unread, besides one snapshot, before it is dropped. */
  maxUnreadBytes: number;
  maxListeners: number;
  onError: (error: unknown) => void;
  /** Called when the last listener has left. */
  onIdle: () => unknown;
}

export const LIVE_DEFAULTS: Omit<LiveOptions, "onError"> = {
  pollMs: 1000,
  heartbeatMs: 15_000,
  maxUnreadBytes: 256 * 1024,
  maxListeners: 1000,
  onIdle: () => undefined,
};

/** How long a browser waits before it connects again. */
const RETRY_MS = 2000;
const HEARTBEAT = Buffer.from(": heartbeat\n\n");

/**
 * Streams a source as server-sent events. A stream begins with a snapshot, which is an event for each item and then
 * `ready`. It goes on with items that are new, have changed or have gone. For all listeners together, each poll asks the
 * source once and each event is encoded once.
 */
export class Live<T> {
  readonly #source: LiveSource<T>;
  readonly #options: LiveOptions;
  /** What the last poll found, by key. */
  #known = new Map<string, T>();
  /** Streams that have had their snapshot. */
  readonly #listeners = new Set<Readable>();
  /** Streams that wait for the source's first answer. */
  readonly #newcomers = new Set<Readable>();
  #snapshot: Buffer | undefined;
  #timer: NodeJS.Timeout | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #isPolling = false;
  #isEnded = false;

  constructor(source: LiveSource<T>, options: LiveOptions) {
    this.#source = source;
    this.#options = options;
  }

  get listeners(): number {
    return this.#listeners.size + this.#newcomers.size;
  }

  /** A new stream; `undefined` when there are too many listeners, or after `end`. */
  listen(): Readable | undefined {
    if (this.#isEnded || this.listeners >= this.#options.maxListeners) return undefined;
    const stream = new Readable({ read: () => undefined });
    stream.push(`retry: ${RETRY_MS}\n\n`);
    stream.on("close", () => this.#leave(stream));
    stream.on("error", () => undefined); // The listener was dropped or went away: nobody is left to hear of it.
    if (this.#snapshot === undefined) this.#newcomers.add(stream);
    else {
      stream.push(this.#snapshot);
      this.#listeners.add(stream);
    }
    this.#heartbeat ??= setInterval(() => this.#send(HEARTBEAT), this.#options.heartbeatMs);
    if (!this.#isPolling && this.#timer === undefined) void this.#poll();
    return stream;
  }

  /** Ends every stream, and lets none begin. */
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
    // What is known grows old while nobody listens: the next listener waits for the source.
    this.#snapshot = undefined;
    this.#known = new Map();
    this.#options.onIdle();
  }

  async #poll(): Promise<void> {
    this.#timer = undefined;
    this.#isPolling = true;
    try {
      const items = await this.#source.ask();
      if (this.listeners > 0) this.#publish(items);
    } catch (error) {
      this.#options.onError(error); // Listeners stay: the store may be back at the next poll.
    }
    this.#isPolling = false;
    if (this.listeners > 0) this.#timer = setTimeout(() => void this.#poll(), this.#options.pollMs);
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
    const maxUnread = this.#options.maxUnreadBytes + (this.#snapshot?.length ?? 0);
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
