import { Readable } from "node:stream";
import type { PulseReader, StoredPulse } from "../../storage/ports.ts";
import { viewService } from "./view.ts";

export interface LiveOptions {
  reader: Pick<PulseReader, "latest">;
  /** How often the store is asked while somebody listens. @default 1000 */
  pollMs?: number | undefined;
  /** How often a comment shows listeners and proxies that the stream lives. @default 15000 */
  heartbeatMs?: number | undefined;
  /** What a listener may leave unread, besides one snapshot, before it is dropped. @default 262144 */
  maxUnreadBytes?: number | undefined;
  /** @default 1000 */
  maxListeners?: number | undefined;
  onError: (error: unknown) => void;
}

/** How long a browser waits before it connects again. */
const RETRY_MS = 2000;
const HEARTBEAT = Buffer.from(": heartbeat\n\n");

/**
 * The newest pulses as server-sent events. A stream begins with a snapshot — `pulse` for each service, then `ready` — and
 * goes on with `pulse` for each service that has a newer one and `gone` for one that the store has forgotten.
 * However many listen, the store is asked once a turn, and each event is encoded once.
 */
export class Live {
  readonly #reader: Pick<PulseReader, "latest">;
  readonly #pollMs: number;
  readonly #heartbeatMs: number;
  readonly #maxUnreadBytes: number;
  readonly #maxListeners: number;
  readonly #onError: (error: unknown) => void;
  /** What the last turn found, by service. */
  #known = new Map<string, StoredPulse>();
  /** Those that have had their snapshot, and those that wait for it until the store has answered. */
  readonly #listeners = new Set<Readable>();
  readonly #newcomers = new Set<Readable>();
  #snapshot: Buffer | undefined;
  #timer: NodeJS.Timeout | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #isPolling = false;
  #isEnded = false;

  constructor(options: LiveOptions) {
    this.#reader = options.reader;
    this.#pollMs = options.pollMs ?? 1000;
    this.#heartbeatMs = options.heartbeatMs ?? 15_000;
    this.#maxUnreadBytes = options.maxUnreadBytes ?? 256 * 1024;
    this.#maxListeners = options.maxListeners ?? 1000;
    this.#onError = options.onError;
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
  }

  async #poll(): Promise<void> {
    this.#timer = undefined;
    this.#isPolling = true;
    try {
      const latest = await this.#reader.latest();
      if (this.listeners > 0) this.#publish(latest);
    } catch (error) {
      this.#onError(error); // listeners stay: the store may be back at the next turn
    }
    this.#isPolling = false;
    if (this.listeners > 0) this.#timer = setTimeout(() => void this.#poll(), this.#pollMs);
  }

  #publish(latest: readonly StoredPulse[]): void {
    const before = this.#known;
    const after = new Map<string, StoredPulse>();
    const changes: string[] = [];
    for (const pulse of latest) {
      after.set(pulse.service_name, pulse);
      if (!isSame(before.get(pulse.service_name), pulse)) changes.push(encode("pulse", viewService(pulse)));
    }
    for (const service of before.keys()) {
      if (!after.has(service)) changes.push(encode("gone", { service_name: service }));
    }
    this.#known = after;
    if (changes.length > 0 || this.#snapshot === undefined) {
      const pulses = latest.map((pulse) => encode("pulse", viewService(pulse)));
      this.#snapshot = Buffer.from(pulses.join("") + encode("ready", { services: latest.length }));
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

function isSame(a: StoredPulse | undefined, b: StoredPulse): boolean {
  return a !== undefined && a.event_time === b.event_time && a.id === b.id && a.source === b.source;
}

/** One server-sent event: https://html.spec.whatwg.org/multipage/server-sent-events.html. JSON text holds no newline. */
function encode(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
