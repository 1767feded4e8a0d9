// Natural batching: an event leaves at once when none is on its way; while one is, pulses gather into the next, which goes
// beside it when it is large enough. When none is on its way any more, the next waits for the clients just answered: until as many
// requests are open as lately at most, but no longer than the last event was away. A client that stays alone does not wait, and a
// busy system sends large events.
import type { CloudEvent } from "../../events/cloud-event.ts";
import { encodePulse, type Pulse } from "../../events/pulse.ts";
import { eventOfMany, eventOfOne } from "../../events/pulse-event.ts";
import type { SendOutcome } from "../sink.ts";
import type { IngestMetrics } from "./ingest-metrics.ts";

/** What became of a request's pulses. `full`: none was taken. `failed`: some may have been, and all may be sent again. */
export type EmitOutcome = { kind: "accepted" } | { kind: "full" } | Exclude<SendOutcome, { kind: "accepted" }>;

export interface EmitterOptions {
  send: (event: CloudEvent) => Promise<SendOutcome>;
  newId: () => string;
  metrics: IngestMetrics;
  maxInFlight: number;
  maxEventBytes: number;
  bufferMaxPulses: number;
  bufferMaxBytes: number;
}

/** A run of one request's pulses that travels in one event. */
interface Parcel {
  pulses: number;
  bytes: number;
  encoded: string[];
  /** The pulse itself while it is alone: by itself it travels as an event of its own type. */
  single: Pulse | undefined;
  ticket: Ticket;
}

/** A request that waits for all of its parcels. */
interface Ticket {
  open: number;
  /** Pulses of it that the broker has. */
  taken: number;
  outcome: EmitOutcome;
  resolve: (outcome: EmitOutcome) => void;
}

/** Pulses for which an event goes beside others. On Knative it costs five processes the same whatever it carries. */
const WORTH_A_TRIP_PULSES = 40;
/** Pulses for which it does when all clients wait: no more would come before an answer goes. */
const WORTH_A_TRIP_OF_ALL = 16;
/** The part of the most requests lately open that counts as all of them. */
const NEARLY_ALL = 0.95;
/** What is left, after each event, of the most requests that were open: clients that went away are soon not waited for. */
const FADING = 0.9;
/** An event that has been away for longer holds up no other: its broker may be frozen, and the next one's not. */
const PATIENCE_MS = 250;

/** What `{"pulses":[…]}` adds to the pulses, generously. */
const ENVELOPE_BYTES = 64;

export class Emitter {
  readonly #options: EmitterOptions;
  #waiting: Parcel[] = [];
  #waitingPulses = 0;
  #waitingBytes = 0;
  #inFlight = 0;
  /** When the next event leaves however few pulses wait. */
  #dueAt = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Requests that wait for their answer, and the most that lately did. */
  #open = 0;
  #mostOpen = 0;
  #isPumpDue = false;
  #isFull = false;
  #onIdle: (() => void) | undefined;

  constructor(options: EmitterOptions) {
    this.#options = options;
  }

  /** Whether pulses were turned away and none has left since: more of them need not even be read. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Events on their way. */
  get inFlight(): number {
    return this.#inFlight;
  }

  get waitingPulses(): number {
    return this.#waitingPulses;
  }

  /** Resolves when every event that carries these pulses has its answer. Takes all of them or, when full, none. */
  emit(pulses: readonly Pulse[]): Promise<EmitOutcome> {
    // Asked before anything is encoded: a refusal is to be cheap, for it comes when there is much to do.
    if (this.#waitingPulses > 0 && this.#waitingPulses + pulses.length > this.#options.bufferMaxPulses) {
      this.#isFull = true;
      return Promise.resolve({ kind: "full" });
    }
    return new Promise((resolve) => {
      const ticket: Ticket = { open: 0, taken: 0, outcome: { kind: "accepted" }, resolve };
      const parcels = this.#pack(pulses, ticket);
      let bytes = 0;
      for (const parcel of parcels) bytes += parcel.bytes;
      // What is larger than the whole buffer is let through when nothing waits: it would else never be.
      const isFull = this.#waitingPulses > 0 && this.#waitingBytes + bytes > this.#options.bufferMaxBytes;
      if (isFull) {
        this.#isFull = true;
        return resolve({ kind: "full" });
      }
      if (parcels.length === 0) return resolve(ticket.outcome);
      ticket.open = parcels.length;
      this.#waitingPulses += pulses.length;
      this.#waitingBytes += bytes;
      for (const parcel of parcels) this.#waiting.push(parcel);
      this.#open++;
      this.#mostOpen = Math.max(this.#mostOpen, this.#open);
      this.#schedulePump();
    });
  }

  /** Resolves when nothing waits and nothing is in flight. */
  flush(): Promise<void> {
    if (this.#waiting.length === 0 && this.#inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onIdle = resolve;
    });
  }

  #pack(pulses: readonly Pulse[], ticket: Ticket): Parcel[] {
    const parcels: Parcel[] = [];
    let last: Parcel | undefined;
    const room = this.#options.maxEventBytes - ENVELOPE_BYTES;
    for (const pulse of pulses) {
      const text = encodePulse(pulse);
      const bytes = Buffer.byteLength(text) + 1;
      if (last === undefined || last.bytes + bytes > room) {
        last = { pulses: 0, bytes: 0, encoded: [], single: pulse, ticket };
        parcels.push(last);
      }
      last.pulses++;
      last.bytes += bytes;
      last.encoded.push(text);
      if (last.pulses > 1) last.single = undefined;
    }
    return parcels;
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
    while (this.#hasSlot() && this.#mayLeave()) this.#sendNext();
    // It may have become due since it was asked: node warns of a negative time.
    if (this.#hasSlot())
      this.#timer ??= setTimeout(() => this.#onTimer(), Math.max(0, this.#dueAt - performance.now()));
  }

  #onTimer(): void {
    this.#timer = undefined;
    this.#pump();
  }

  #hasSlot(): boolean {
    return this.#waiting.length > 0 && this.#inFlight < this.#options.maxInFlight;
  }

  #mayLeave(): boolean {
    return (
      this.#waitingPulses >= WORTH_A_TRIP_PULSES ||
      this.#waitingBytes >= this.#options.maxEventBytes ||
      (this.#areAllHere() && (this.#inFlight === 0 || this.#waitingPulses >= WORTH_A_TRIP_OF_ALL)) ||
      performance.now() >= this.#dueAt
    );
  }

  #areAllHere(): boolean {
    return this.#open >= this.#mostOpen * NEARLY_ALL;
  }

  #setDue(at: number): void {
    this.#dueAt = at;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #sendNext(): void {
    const parcels = this.#takeParcels();
    const first = parcels[0] as Parcel;
    const event =
      parcels.length === 1 && first.single !== undefined
        ? eventOfOne(first.single)
        : eventOfMany(this.#options.newId(), parcels.length === 1 ? first.encoded : parcels.flatMap((p) => p.encoded));
    let pulses = 0;
    for (const parcel of parcels) pulses += parcel.pulses;
    this.#inFlight++;
    this.#mostOpen = Math.max(this.#mostOpen * FADING, this.#open);
    const sentAt = performance.now();
    this.#setDue(sentAt + PATIENCE_MS);
    this.#options.metrics.batchPulses.observe(pulses);
    this.#options.send(event).then((outcome) => {
      this.#inFlight--;
      if (this.#inFlight === 0) this.#setDue(returnedAt(sentAt));
      let unacknowledged = outcome.unheard * pulses;
      for (const { ticket, pulses: count } of parcels) {
        if (outcome.kind === "accepted") ticket.taken += count;
        else ticket.outcome = outcome;
        if (--ticket.open > 0) continue;
        this.#open--;
        if (ticket.outcome.kind !== "accepted") unacknowledged += ticket.taken;
        ticket.resolve(ticket.outcome);
      }
      if (unacknowledged > 0) this.#options.metrics.unacknowledged.inc(unacknowledged);
      if (this.#waiting.length > 0) this.#schedulePump();
      else if (this.#inFlight === 0) this.#onIdle?.();
    });
  }

  #takeParcels(): Parcel[] {
    const room = this.#options.maxEventBytes - ENVELOPE_BYTES;
    let bytes = 0;
    let count = 0;
    for (const parcel of this.#waiting) {
      if (count > 0 && bytes + parcel.bytes > room) break;
      bytes += parcel.bytes;
      this.#waitingPulses -= parcel.pulses;
      count++;
    }
    this.#waitingBytes -= bytes;
    this.#isFull = false;
    return this.#waiting.splice(0, count);
  }
}

/** When the clients answered now are expected back: in as long as their event was away. */
function returnedAt(sentAt: number): number {
  const answeredAt = performance.now();
  return answeredAt + Math.min(answeredAt - sentAt, PATIENCE_MS);
}
