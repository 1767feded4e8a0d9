// The way from the broker's file to one subscriber: a Trigger has one, and another to its dead-letter sink, so that a
// sink that is away does not hold up what can be delivered.
import type { Logger } from "pino";
import type { CloudEvent } from "../../events/cloud-event.ts";
import { encodeBinary } from "../../events/http-binding.ts";
import type { Failure, Verdict } from "./answer.ts";
import { Backlog } from "./backlog.ts";
import type { BrokerDatabase, Delivery, StoredEvent } from "./broker-database.ts";
import { factsOf, toDeadLetter } from "./dead-letter.ts";
import type { DeliveryPolicy } from "./delivery-policy.ts";
import type { Journal, NewEvent } from "./journal.ts";
import type { LaneMetrics } from "./metrics.ts";
import type { Subscriber } from "./subscriber.ts";

export interface LaneOptions {
  id: number;
  trigger: string;
  policy: DeliveryPolicy;
  subscriber: Subscriber;
  /**
   * What happens to an event that cannot be delivered; `undefined` for a lane to a dead-letter sink. That one never
   * gives up: Knative loses a dead letter after the same retries, here it is tried again at the last back-off for ever.
   */
  giveUp: { kind: "dead-letter"; lane: Lane } | { kind: "drop" } | undefined;
  journal: Journal;
  database: BrokerDatabase;
  metrics: LaneMetrics;
  logger: Logger;
  /** Deliveries under way at one time. */
  concurrency: number;
  /** Of events that are ready or under way. */
  maxMemoryBytes: number;
  /** Deliveries that the file holds for this lane. */
  pending: number;
  /** Makes a reply ready to enter: `undefined` when nobody wants it, "full" when there is no room for it. */
  admitReply: (reply: CloudEvent, causeTtl: number) => NewEvent | "full" | undefined;
}

/** A subscriber that fails every other time is not reported every other time. */
const HEALTH_QUIET_MS = 5000;
/** The longest that setTimeout can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1;
const FULL_POLL_MS = 50;
const NO_ROOM: Failure = { code: 503, body: Buffer.from("The broker had no room for the reply.") };

export class Lane {
  readonly #options: LaneOptions;
  readonly #backlog: Backlog;
  #inFlight = 0;
  #timer: NodeJS.Timeout | undefined;
  #nudge: NodeJS.Timeout | undefined;
  #isRunning = false;
  #isAway = false;
  #quietUntil = 0;
  #onIdle: (() => void) | undefined;
  /** Deliveries not made yet, on disk and in memory. */
  pending: number;

  constructor(options: LaneOptions) {
    const { id, database, journal, maxMemoryBytes, pending, policy } = options;
    this.#options = options;
    this.pending = pending;
    const maxBackoffMs = policy.backoffMs(Number.MAX_SAFE_INTEGER);
    const isBehind = pending > 0;
    this.#backlog = new Backlog({ lane: id, database, journal, maxMemoryBytes, isBehind, maxBackoffMs });
  }

  get id(): number {
    return this.#options.id;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get memoryBytes(): number {
    return this.#backlog.memoryBytes;
  }

  /** Begins with what the file holds. */
  start(): void {
    this.#isRunning = true;
    this.pump();
  }

  /** Takes an event that has just been written for this lane. */
  offer(stored: StoredEvent): void {
    this.pending++;
    this.#backlog.offer(stored);
    this.pump();
  }

  /** Says when a delivery that is handed to this lane is due: now. */
  expect(): number {
    this.pending++;
    // Not at once: what fails in the same moment is written in the same transaction.
    this.#nudge ??= setTimeout(() => {
      this.#nudge = undefined;
      this.pump();
    }, 1);
    return this.#backlog.dueAfter(0);
  }

  /** Begins deliveries while there are free slots. */
  pump(): void {
    const { concurrency, journal } = this.#options;
    while (this.#isRunning && !journal.isFailing && this.#inFlight < concurrency) {
      const delivery = this.#backlog.take();
      if (delivery === undefined) break;
      this.#deliver(delivery);
    }
    this.#armTimer();
  }

  /** Begins nothing new; resolves when nothing is under way. */
  stop(): Promise<void> {
    this.#isRunning = false;
    clearTimeout(this.#timer);
    clearTimeout(this.#nudge);
    if (this.#inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onIdle = resolve;
    });
  }

  #deliver(delivery: Delivery): void {
    const { stored, facts } = delivery;
    this.#inFlight++;
    const startedAt = performance.now();
    const event = facts === undefined ? stored.event : toDeadLetter(stored.event, stored.ttl, facts);
    const message = encodeBinary(event);
    if (event.datacontenttype === undefined) delete message.headers["content-type"];
    this.#options.subscriber.send(message, (verdict) => {
      this.#inFlight--;
      this.#backlog.release(delivery);
      this.#options.metrics.latency.observe((performance.now() - startedAt) / 1000);
      this.#noteHealth(verdict);
      if (verdict.kind === "failed") this.#fail(delivery, verdict);
      else this.#finish(delivery, verdict.reply);
      if (this.#inFlight === 0) this.#onIdle?.();
      this.pump();
    });
  }

  #finish(delivery: Delivery, reply: CloudEvent | undefined): void {
    const { id, journal, metrics, admitReply } = this.#options;
    const { stored } = delivery;
    const event = reply && admitReply(reply, stored.ttl);
    if (event === "full") {
      this.#fail(delivery, { isFinal: false, failure: NO_ROOM });
      return;
    }
    this.pending--;
    metrics.delivered.inc();
    journal.settle({ kind: "finished", lane: id, stored, ...(event !== undefined && { reply: event }) });
  }

  #fail({ stored, attempts }: Delivery, { isFinal, failure }: { isFinal: boolean; failure: Failure }): void {
    const { id, trigger, policy, giveUp, journal, metrics, logger, subscriber } = this.#options;
    const failed = attempts + 1;
    const trail = { ...trailOf(stored.event), trigger, attempts: failed, code: failure.code };
    if (giveUp === undefined || (!isFinal && failed <= policy.retry)) {
      metrics.retried.inc();
      logger.debug(trail, "delivery failed: it will be tried again");
      const due = this.#backlog.dueAfter(policy.backoffMs(failed));
      journal.settle({ kind: "retry", lane: id, event: stored.id, attempts: failed, due });
      return;
    }
    this.pending--;
    if (giveUp.kind === "drop") {
      metrics.dropped.inc();
      logger.warn(trail, "event dropped: the trigger has no dead-letter sink");
      journal.settle({ kind: "finished", lane: id, stored });
      return;
    }
    const { lane } = giveUp;
    metrics.deadLettered.inc();
    logger.warn(trail, "event goes to the dead letters");
    const facts = factsOf(subscriber.url, failure);
    journal.settle({ kind: "moved", lane: id, event: stored.id, to: lane.id, due: lane.expect(), facts });
  }

  /** Says once that a subscriber fails, and once that it does no more; the single failures are for `debug`. */
  #noteHealth(verdict: Verdict): void {
    const { logger, trigger, subscriber } = this.#options;
    const isAway = verdict.kind === "failed" && !verdict.isFinal;
    if (isAway === this.#isAway || performance.now() < this.#quietUntil) return;
    this.#isAway = isAway;
    this.#quietUntil = performance.now() + HEALTH_QUIET_MS;
    const place = { trigger, subscriber: subscriber.url.href };
    if (verdict.kind === "failed") {
      const { code } = verdict.failure;
      logger.warn({ ...place, code }, "subscriber fails: deliveries are tried again");
    } else {
      logger.info(place, "subscriber takes deliveries again");
    }
  }

  #armTimer(): void {
    clearTimeout(this.#timer);
    // With every slot taken the next answer pumps, with a failing disk its recovery does.
    if (!this.#isRunning || this.#inFlight >= this.#options.concurrency || this.#options.journal.isFailing) return;
    const { dueInMs } = this.#backlog;
    if (dueInMs === Number.POSITIVE_INFINITY) return;
    // Due and yet not taken: memory is full, and the next answer will make room.
    const leastMs = dueInMs <= 0 && this.#inFlight > 0 ? FULL_POLL_MS : 1;
    this.#timer = setTimeout(() => this.pump(), Math.min(Math.max(dueInMs, leastMs), MAX_TIMER_MS));
  }
}

/** What a log line says of an event; never its data. */
export function trailOf({ id, source, type, extensions }: CloudEvent): Record<string, unknown> {
  const { traceparent } = extensions;
  return { eventId: id, source, type, ...(traceparent !== undefined && { traceparent }) };
}
