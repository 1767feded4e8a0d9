// Send at once when idle. While an event is in flight, buffer; send another beside it only when it is large enough. After
// the last answer, wait briefly for its clients to return. departure.ts decides when an event leaves, fair-share.ts whose pulses
// are in it, chunks.ts says what it carries, slow-down.ts who must send less.
import type { CloudEvent } from "../../events/cloud-event.ts";
import type { Pulse } from "../../events/pulse.ts";
import { SMALL_BYTES } from "../../http/shedding.ts";
import type { OpenSpan, Tracing } from "../../http/tracing.ts";
import type { EmitOutcome, SentEvent } from "../broker-client.ts";
import { type Chunk, chunksOf, eventOf } from "./chunks.ts";
import { departureOf, mostOpenAfter, type Traffic } from "./departure.ts";
import { type Claimant, takeFairly } from "./fair-share.ts";
import type { IngestMetrics } from "./ingest-metrics.ts";
import { NOBODY, type Origin } from "./origin.ts";
import { SlowDown } from "./slow-down.ts";

/**
 * What became of a request's pulses. `full`, and `too-large` for ever: none was taken. Other failures: some may have been, and
 * all may be sent again.
 */
export type RequestOutcome = EmitOutcome | { kind: "full" } | { kind: "too-large"; maxBytes: number };

/** Time as the emitter sees it. */
export interface Clock {
  /** Milliseconds since any fixed moment. */
  now(): number;
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

const SYSTEM_CLOCK: Clock = {
  now: () => performance.now(),
  setTimeout,
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
};

export interface EmitterOptions {
  send: (event: CloudEvent) => Promise<SentEvent>;
  metrics: Pick<IngestMetrics, "batchPulses" | "unacknowledged">;
  maxInFlight: number;
  maxEventBytes: number;
  bufferMaxPulses: number;
  bufferMaxBytes: number;
  /** Of the pulses of one request, as events. */
  maxRequestBytes: number;
  tracing?: Tracing | undefined;
  /** @default the system's */
  clock?: Clock | undefined;
}

/** A request that waits until each of its chunks has an answer. */
interface OpenRequest extends Claimant {
  span: OpenSpan | undefined;
  openChunks: number;
  takenPulses: number;
  outcome: EmitOutcome;
  /** Ends the sender's patience. */
  timer?: unknown;
  resolve: (outcome: RequestOutcome) => void;
}

/** Of the buffer, for requests with large bodies. */
const LARGE_SHARE = 7 / 8;

export class Emitter {
  readonly #options: EmitterOptions;
  readonly #clock: Clock;
  readonly #traffic: Traffic = {
    waitingPulses: 0,
    waitingBytes: 0,
    inFlight: 0,
    sentAt: 0,
    answeredAt: 0,
    awayMs: 0,
    openRequests: 0,
    mostOpenRequests: 0,
  };
  readonly #waiting: Chunk<OpenRequest>[] = [];
  readonly #slowDown = new SlowDown();
  #timer: unknown;
  /** When the timer goes off; `undefined` without a timer. */
  #timerAt: number | undefined;
  #isPumpDue = false;
  /** The size of a body from which on the buffer is full. */
  #fullFrom = Number.POSITIVE_INFINITY;
  #onIdle: (() => void) | undefined;

  constructor(options: EmitterOptions) {
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
  }

  /** Whether pulses were turned away and none has left since. A request with a body of that size need not even be read. */
  isFullFor(bodyBytes: number): boolean {
    return bodyBytes >= this.#fullFrom;
  }

  /** What waits and what is in flight at this moment. */
  get traffic(): Readonly<Traffic> {
    return this.#traffic;
  }

  /**
   * Resolves when every event that carries these pulses has its answer. Takes all of them or, when full, none. For a large
   * body it is full sooner, so that one client's bulk leaves room for the others' pulses.
   */
  emit(pulses: readonly Pulse[], { client, span, bodyBytes, patienceMs }: Origin = NOBODY): Promise<RequestOutcome> {
    const { bufferMaxPulses, bufferMaxBytes, maxRequestBytes, maxEventBytes } = this.#options;
    const traffic = this.#traffic;
    const isLarge = bodyBytes > SMALL_BYTES;
    const share = isLarge ? LARGE_SHARE : 1;
    const full = () => {
      this.#fullFrom = Math.min(this.#fullFrom, isLarge ? SMALL_BYTES + 1 : 0);
      return { kind: "full" } as const;
    };
    // Asked before anything is encoded: a refusal must be cheap, for it comes when there is much to do.
    if (traffic.waitingPulses > 0 && traffic.waitingPulses + pulses.length > bufferMaxPulses * share) {
      return Promise.resolve(full());
    }
    if (this.#slowDown.isOn && !this.#slowDown.admits(client, bodyBytes, this.#clock.now())) {
      return Promise.resolve({ kind: "full" });
    }
    return new Promise((resolve) => {
      const outcome: EmitOutcome = { kind: "accepted" };
      const request: OpenRequest = {
        span,
        openChunks: 0,
        takenPulses: 0,
        outcome,
        resolve,
        client,
        isPassedOver: false,
      };
      // An empty buffer takes even a request that is larger than the whole buffer: there would never be more room.
      const isEmpty = traffic.waitingPulses === 0;
      const room = isEmpty ? maxRequestBytes : bufferMaxBytes * share - traffic.waitingBytes;
      const chunks = chunksOf(pulses, request, maxEventBytes, room);
      let bytes = 0;
      for (const chunk of chunks) bytes += chunk.bytes;
      if (bytes > room) return resolve(isEmpty ? { kind: "too-large", maxBytes: room } : full());
      if (chunks.length === 0) return resolve(request.outcome);
      request.openChunks = chunks.length;
      traffic.waitingPulses += pulses.length;
      traffic.waitingBytes += bytes;
      traffic.openRequests++;
      traffic.mostOpenRequests = Math.max(traffic.mostOpenRequests, traffic.openRequests);
      for (const chunk of chunks) this.#waiting.push(chunk);
      if (patienceMs !== undefined) request.timer = this.#clock.setTimeout(() => giveUp(request), patienceMs);
      this.#schedulePump();
    });
  }

  /** Resolves when nothing waits and nothing is in flight. */
  flush(): Promise<void> {
    if (this.#waiting.length === 0 && this.#traffic.inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onIdle = resolve;
    });
  }

  // At the end of the turn: all requests that were read in one turn of the event loop leave together.
  #schedulePump(): void {
    if (this.#isPumpDue) return;
    this.#isPumpDue = true;
    setImmediate(() => {
      this.#isPumpDue = false;
      this.#pump();
    });
  }

  #pump(): void {
    const { maxInFlight, maxEventBytes } = this.#options;
    let departure: number | undefined;
    while (this.#waiting.length > 0 && this.#traffic.inFlight < maxInFlight) {
      departure = departureOf(this.#traffic, maxEventBytes);
      if (departure > this.#clock.now()) break;
      this.#sendNext();
      departure = undefined;
    }
    this.#setTimer(departure);
  }

  #setTimer(at: number | undefined): void {
    if (at === this.#timerAt) return;
    this.#clock.clearTimeout(this.#timer);
    this.#timerAt = at;
    if (at === undefined) return;
    // The time may have passed by now, and node warns of a negative number.
    this.#timer = this.#clock.setTimeout(this.#onTimer, Math.max(0, at - this.#clock.now()));
  }

  readonly #onTimer = (): void => {
    this.#timerAt = undefined;
    this.#pump();
  };

  #sendNext(): void {
    const { send, metrics, maxEventBytes, tracing } = this.#options;
    const traffic = this.#traffic;
    const chunks = takeFairly(this.#waiting, maxEventBytes);
    let pulses = 0;
    for (const chunk of chunks) {
      pulses += chunk.pulses;
      traffic.waitingBytes -= chunk.bytes;
    }
    traffic.waitingPulses -= pulses;
    traffic.inFlight++;
    traffic.mostOpenRequests = mostOpenAfter(traffic);
    this.#fullFrom = Number.POSITIVE_INFINITY;
    const sentAt = this.#clock.now();
    traffic.sentAt = sentAt;
    metrics.batchPulses.observe(pulses);
    const event = eventOf(chunks);
    const spans = tracing && chunks.map(({ request }) => request.span);
    const span = spans && tracing.openEvent(event, pulses, spans);
    send(event).then((sent) => {
      span?.end(sent.kind === "accepted" ? {} : { fault: sent.reason });
      this.#settle(chunks, pulses, sentAt, sent);
    });
  }

  #settle(chunks: readonly Chunk<OpenRequest>[], pulses: number, sentAt: number, sent: SentEvent): void {
    const traffic = this.#traffic;
    traffic.inFlight--;
    traffic.answeredAt = this.#clock.now();
    traffic.awayMs = traffic.answeredAt - sentAt;
    if (sent.slowDownMs !== undefined) this.#slowDown.begin(traffic.answeredAt, sent.slowDownMs);
    let unacknowledged = sent.uncertainTries * pulses;
    for (const { request, pulses: count } of chunks) {
      if (sent.kind === "accepted") request.takenPulses += count;
      else request.outcome = sent;
      if (--request.openChunks > 0) continue;
      traffic.openRequests--;
      this.#clock.clearTimeout(request.timer);
      if (request.outcome.kind !== "accepted") unacknowledged += request.takenPulses;
      request.resolve(request.outcome);
    }
    if (unacknowledged > 0) this.#options.metrics.unacknowledged.inc(unacknowledged);
    if (this.#waiting.length > 0) this.#schedulePump();
    else if (traffic.inFlight === 0) this.#onIdle?.();
  }
}

/** Answers a request whose pulses are still on their way: those that arrive count as unacknowledged. */
function giveUp(request: OpenRequest): void {
  request.outcome = { kind: "unavailable", reason: "the broker did not answer in the sender's time" };
  request.resolve(request.outcome);
}
