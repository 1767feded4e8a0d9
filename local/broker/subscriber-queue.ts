// The deliveries to one subscriber: retries, dead letters, and as many at a time as the subscriber should get. A Trigger
// has one queue for its subscriber and another for its dead-letter sink, so that an absent sink does not hold up events
// that can be delivered.
import type { Logger } from "pino";
import type { CloudEvent } from "../../events/cloud-event.ts";
import { encodeBinary } from "../../events/http-binding.ts";
import type { Tracing } from "../../http/tracing.ts";
import type { FailedDelivery } from "./answer.ts";
import { Backlog } from "./backlog.ts";
import type { BrokerDatabase, Delivery, StoredEvent } from "./broker-database.ts";
import { factsOf, toDeadLetter } from "./dead-letter.ts";
import type { DeliveryPolicy } from "./delivery-policy.ts";
import { Flow } from "./flow.ts";
import type { Journal, NewEvent } from "./journal.ts";
import { logFieldsOf } from "./log-fields.ts";
import type { QueueMetrics } from "./metrics.ts";
import type { Subscriber } from "./subscriber.ts";
import { SubscriberHealth } from "./subscriber-health.ts";

export interface SubscriberQueueOptions {
  /** The queue's number in the broker's file. */
  id: number;
  trigger: string;
  policy: DeliveryPolicy;
  subscriber: Subscriber;
  /**
   * Where an event goes that cannot be delivered: to the queue of the dead-letter sink, or nowhere. That queue itself
   * retries forever, at the policy's last back-off: Knative loses a dead letter after the same retries.
   */
  afterFailure: SubscriberQueue | "drop" | "retry forever";
  journal: Journal;
  database: BrokerDatabase;
  metrics: QueueMetrics;
  tracing?: Tracing | undefined;
  logger: Logger;
  /** The most deliveries under way at one time. */
  concurrency: number;
  /** Whether the next event waits until the one before is delivered, or given up. Needs a concurrency of 1. */
  isOrdered: boolean;
  /** For events that are ready or under way. */
  maxMemoryBytes: number;
  /** Deliveries of this queue that the file holds. */
  pending: number;
  /** Makes a reply ready to enter: `undefined` when no Trigger wants it. */
  admitReply: (reply: CloudEvent, causeTtl: number) => NewEvent | FailedDelivery | undefined;
  /** The broker's own URL, to which replies go. */
  brokerUrl: () => URL;
}

/** The longest that setTimeout can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1;
const FULL_POLL_MS = 50;
/** Dead letters are tried for ever, which a policy without a back-off does not foresee. */
const MIN_DEAD_LETTER_BACKOFF_MS = 200;

export class SubscriberQueue {
  readonly #options: SubscriberQueueOptions;
  readonly #backlog: Backlog;
  readonly #flow = new Flow();
  readonly #health: SubscriberHealth;
  #inFlight = 0;
  #timer: NodeJS.Timeout | undefined;
  #pumpSoon: NodeJS.Timeout | undefined;
  /** Until then the next events wait for one that failed. It stays in the file as one that was never tried. */
  #held: NodeJS.Timeout | undefined;
  #isRunning = false;
  #onIdle: (() => void) | undefined;
  /** Deliveries not made yet, on disk and in memory. */
  pending: number;

  constructor(options: SubscriberQueueOptions) {
    const { id, database, journal, maxMemoryBytes, pending } = options;
    this.#options = options;
    this.#health = new SubscriberHealth(options.logger, options.trigger, options.subscriber.url);
    this.pending = pending;
    const maxBackoffMs = this.#backoffMs(Number.MAX_SAFE_INTEGER);
    const isBehind = pending > 0;
    this.#backlog = new Backlog({ queue: id, database, journal, maxMemoryBytes, isBehind, maxBackoffMs });
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

  /** Whether more comes than the subscriber takes, so that what comes now waits for long. */
  get isOverloaded(): boolean {
    return this.#flow.isOverloaded;
  }

  /** Starts to deliver what the file holds. */
  start(): void {
    this.#isRunning = true;
    this.#health.start();
    this.pump();
  }

  /** Takes an event that the journal has just written for this queue. */
  offer(stored: StoredEvent): void {
    this.pending++;
    this.#flow.came(stored.bytes);
    this.#backlog.offer(stored);
    this.pump();
  }

  /** Announces a delivery that another queue hands over. @returns the time to write as its due time */
  expect(): number {
    this.pending++;
    // Not at once: what fails in the same moment is written in the same transaction.
    this.#pumpSoon ??= setTimeout(() => {
      this.#pumpSoon = undefined;
      this.pump();
    }, 1);
    return this.#backlog.dueAfter(0);
  }

  /** Begins deliveries until `concurrency` are under way. */
  pump(): void {
    const { concurrency, journal } = this.#options;
    while (this.#isRunning && !journal.isFailing && this.#held === undefined && this.#inFlight < concurrency) {
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
    clearTimeout(this.#pumpSoon);
    clearTimeout(this.#held);
    if (this.#inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onIdle = resolve;
    });
  }

  #deliver(delivery: Delivery): void {
    const { stored, facts, attempts } = delivery;
    const { tracing, trigger } = this.#options;
    this.#inFlight++;
    if (attempts === 0) this.#flow.began(waitedMsOf(stored.event));
    const startedAt = performance.now();
    const event = facts === undefined ? stored.event : toDeadLetter(stored.event, stored.ttl, facts);
    const message = encodeBinary(event);
    if (event.datacontenttype === undefined) delete message.headers["content-type"];
    const span = tracing?.openDelivery(event, trigger, attempts);
    if (span !== undefined) Object.assign(message.headers, span.headers);
    this.#options.subscriber.send(message, (verdict) => {
      span?.end(verdict.kind === "failed" ? { status: verdict.code, fault: "not delivered" } : {});
      this.#inFlight--;
      this.#backlog.release(delivery);
      this.#options.metrics.latency.observe((performance.now() - startedAt) / 1000);
      this.#health.note(verdict);
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
    if (event !== undefined && "isFinal" in event) {
      this.#fail(delivery, event);
      return;
    }
    this.pending--;
    this.#flow.left(stored.bytes);
    metrics.delivered.inc();
    journal.settle({ kind: "finished", queue: id, stored, ...(event !== undefined && { reply: event }) });
  }

  #backoffMs(failures: number): number {
    const { policy, afterFailure } = this.#options;
    const ms = policy.backoffMs(failures);
    return afterFailure === "retry forever" ? Math.max(ms, MIN_DEAD_LETTER_BACKOFF_MS) : ms;
  }

  #fail(delivery: Delivery, failed: FailedDelivery): void {
    const { id, isOrdered, trigger, policy, afterFailure, journal, metrics, logger, subscriber } = this.#options;
    const { stored } = delivery;
    const failures = delivery.attempts + 1;
    const fields = { ...logFieldsOf(stored.event), trigger, attempts: failures, code: failed.code };
    if (afterFailure === "retry forever" || (!failed.isFinal && failures <= policy.retry)) {
      metrics.retried.inc();
      logger.debug(fields, "delivery failed: it will be tried again");
      if (isOrdered) {
        this.#hold({ ...delivery, attempts: failures });
        return;
      }
      const due = this.#backlog.dueAfter(this.#backoffMs(failures));
      journal.settle({ kind: "retry", queue: id, event: stored.id, attempts: failures, due });
      return;
    }
    this.pending--;
    if (afterFailure === "drop") {
      metrics.dropped.inc();
      logger.warn(fields, "event dropped: the trigger has no dead-letter sink");
      journal.settle({ kind: "finished", queue: id, stored });
      return;
    }
    metrics.deadLettered.inc();
    logger.warn(fields, "event goes to the dead letters");
    const facts = factsOf(failed.isOfReply ? this.#options.brokerUrl() : subscriber.url, failed);
    const due = afterFailure.expect();
    journal.settle({ kind: "moved", queue: id, event: stored.id, to: afterFailure.id, due, facts });
  }

  #hold(delivery: Delivery): void {
    if (!this.#isRunning) return;
    this.#backlog.hold(delivery);
    const again = () => {
      this.#held = undefined;
      this.#deliver(delivery);
    };
    this.#held = setTimeout(again, Math.min(this.#backoffMs(delivery.attempts), MAX_TIMER_MS));
  }

  #armTimer(): void {
    clearTimeout(this.#timer);
    // The next answer pumps when `concurrency` deliveries are under way, the journal's recovery when the disk fails.
    const isBusy = this.#held !== undefined || this.#inFlight >= this.#options.concurrency;
    if (!this.#isRunning || isBusy || this.#options.journal.isFailing) return;
    const { dueInMs } = this.#backlog;
    if (dueInMs === Number.POSITIVE_INFINITY) return;
    // A delivery that is due and was not taken found the memory full: an answer makes room.
    const leastMs = dueInMs <= 0 && this.#inFlight > 0 ? FULL_POLL_MS : 1;
    this.#timer = setTimeout(() => this.pump(), Math.min(Math.max(dueInMs, leastMs), MAX_TIMER_MS));
  }
}

/** How long ago (ms) an event came to the broker. */
function waitedMsOf({ extensions }: CloudEvent): number {
  return Date.now() - Date.parse(extensions.knativearrivaltime ?? "");
}
