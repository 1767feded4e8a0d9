// A durable broker with Triggers: like Knative's, on one disk. Start here.
//   ingress.ts           takes events over HTTP (http/server.ts), as Knative's does (knative-event)
//   admission.ts         writes arrival and hops, finds the Triggers that want an event (trigger-filter, filters)
//   journal.ts           commits events in groups to broker-database.ts (broker-schema), then answers
//   subscriber-queue.ts  delivers to one subscriber: backlog, flow, back-off, dead letters (delivery-policy, duration, dead-letter)
//   subscriber.ts        makes one HTTP request and judges its answer (answer, subscriber-health)
//   triggers-file.ts     reads Triggers besides the built-in ones
//   metrics.ts           counts all of it (metric-names)
import type { Logger } from "pino";
import type { CloudEvent } from "../../events/cloud-event.ts";
import { BROKER, type BrokerName, type Destination, type Trigger } from "../../events/triggers.ts";
import type { Tracing } from "../../http/tracing.ts";
import { admit, type Subscription } from "./admission.ts";
import { type FailedDelivery, REPLY_REFUSED } from "./answer.ts";
import { BrokerDatabase } from "./broker-database.ts";
import { createDeliveryPolicy } from "./delivery-policy.ts";
import { createIngress } from "./ingress.ts";
import { Journal, type NewEvent } from "./journal.ts";
import { BrokerMetrics, type QueueKind } from "./metrics.ts";
import { Subscriber } from "./subscriber.ts";
import { SubscriberQueue, type SubscriberQueueOptions } from "./subscriber-queue.ts";
import { checkFields, compileFilter, TriggerError } from "./trigger-filter.ts";

const MIB = 1024 * 1024;
/** Deliveries under way to one subscriber. A store that commits in groups gains nothing from more. */
const CONCURRENCY = 16;
const DEAD_LETTER_CONCURRENCY = 4;
const MAX_READING_BYTES = 32 * MIB;
const NO_ROOM: FailedDelivery = {
  kind: "failed",
  isFinal: false,
  code: 503,
  body: Buffer.from("The broker had no room for the reply."),
};

export interface BrokerOptions {
  /** 0 takes a free port. */
  port: number;
  /** The names of hosts that requests may name, besides this machine's. @default any */
  allowedHosts?: readonly string[];
  /** The SQLite file; the broker makes its folder. */
  file: string;
  /** The broker ignores Triggers of other brokers. */
  triggers: readonly Trigger[];
  /** The URL of each service that a Trigger names. */
  subscribers: Readonly<Record<string, URL>>;
  /** The quota of the file. */
  maxBytes: number;
  logger: Logger;
  /** Makes spans of what it takes and delivers. @default none */
  tracing?: Tracing | undefined;
  broker?: BrokerName;
  /** The largest event. @default 1 MiB, as Kafka's */
  maxBodyBytes?: number;
  /** How long a client may take to send an event. @default 10,000 */
  requestTimeoutMs?: number;
  /** How long a client may take next to nothing of an answer that waits for it. @default 30,000 */
  answerTimeoutMs?: number;
  /** For events that are ready or under way, of all Triggers together. @default 16 MiB */
  maxMemoryBytes?: number;
  /** How long `close` waits for answers and deliveries under way. @default 10,000 */
  graceMs?: number;
  /** How long open connections must be silent before `close` cuts them. @default 500 */
  quietMs?: number;
}

export interface Broker {
  /** Where to POST events. */
  url: string;
  port: number;
  metrics: BrokerMetrics;
  /** Stops taking events, finishes what is under way within the grace time, and closes the file. */
  close(): Promise<void>;
}

/** Opens the file, delivers what is in it, and listens. @throws for Triggers or a file that it cannot use */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const { port, file, subscribers, maxBytes, logger, tracing, broker = BROKER, maxBodyBytes = MIB } = options;
  const {
    requestTimeoutMs = 10_000,
    answerTimeoutMs = 30_000,
    maxMemoryBytes = 16 * MIB,
    graceMs = 10_000,
    quietMs = 500,
  } = options;
  for (const trigger of options.triggers) checkFields(trigger);
  const triggers = options.triggers.filter(({ spec }) => spec.broker === broker.name);
  const plans = triggers.map((trigger) => planOf(trigger, subscribers)); // throws before anything is opened

  const database = new BrokerDatabase({ file, maxBytes });
  const metrics = new BrokerMetrics({ freeBytes: () => database.freeBytes() });
  const journal = new Journal({
    database,
    logger,
    onCommit: (seconds) => metrics.commitSeconds.observe(seconds),
  });
  const waiting = database.countDeliveries();
  const queues: { trigger: string; kind: QueueKind; queue: SubscriberQueue }[] = [];
  const subscriptions: Subscription[] = [];
  const clients: Subscriber[] = [];
  const queueMemory = maxMemoryBytes / Math.max(1, plans.length * 2);

  let actualPort = port;
  let url = "";

  function openQueue(plan: Plan, kind: QueueKind, to: URL, afterFailure: SubscriberQueueOptions["afterFailure"]) {
    const isDeadLetterSink = kind === "dead_letter";
    const { name, policy } = plan;
    const isOrdered = plan.isOrdered && !isDeadLetterSink;
    const concurrency = isOrdered ? 1 : isDeadLetterSink ? DEAD_LETTER_CONCURRENCY : CONCURRENCY;
    const { timeoutMs } = policy;
    const queueName = isDeadLetterSink ? `${name} dead letters` : name;
    const subscriber = new Subscriber({ url: to, connections: concurrency, timeoutMs, isDeadLetterSink });
    clients.push(subscriber);
    const queue = new SubscriberQueue({
      id: database.queueId(queueName),
      trigger: name,
      policy,
      subscriber,
      afterFailure,
      journal,
      database,
      metrics: metrics.queueMetrics(name, kind),
      tracing,
      logger,
      concurrency,
      isOrdered,
      maxMemoryBytes: queueMemory,
      pending: waiting.get(queueName) ?? 0,
      admitReply,
      brokerUrl: () => new URL(url),
    });
    waiting.delete(queueName);
    queues.push({ trigger: name, kind, queue });
    return queue;
  }

  function admitReply(reply: CloudEvent, causeTtl: number): NewEvent | FailedDelivery | undefined {
    const admission = admit(reply, { subscriptions, causeTtl, done: () => metrics.events.reply_accepted.inc() });
    if (admission.kind === "hop-limit") {
      metrics.events.hop_limit.inc();
      logger.warn({ eventId: reply.id, source: reply.source }, "reply refused: it has come through brokers too often");
      return REPLY_REFUSED;
    }
    if (admission.kind === "unmatched") {
      metrics.events.reply_unmatched.inc();
      return undefined;
    }
    if (journal.hasRoom(admission.event.bytes)) return admission.event;
    metrics.events.reply_full.inc();
    return NO_ROOM;
  }

  for (const plan of plans) {
    const { wants, subscriber, deadLetterSink } = plan;
    const deadLetters = deadLetterSink && openQueue(plan, "dead_letter", deadLetterSink, "retry forever");
    subscriptions.push({ wants, queue: openQueue(plan, "subscriber", subscriber, deadLetters ?? "drop") });
  }
  metrics.gaugeQueues(queues);
  for (const [queue, count] of waiting) {
    logger.warn({ queue, count }, "deliveries of a trigger that is no more stay in the file until it is back");
  }
  const limits = {
    maxBodyBytes,
    maxReadingBytes: MAX_READING_BYTES,
    requestTimeoutMs,
    answerTimeoutMs,
    trustedProxies: 0,
  };
  const ingress = createIngress({
    broker,
    subscriptions,
    journal,
    metrics,
    copyFile: () => database.copy(),
    limits,
    allowedHosts: options.allowedHosts,
    tracing,
    logger,
  });

  async function closeFile(): Promise<void> {
    await Promise.all(clients.map((client) => client.close()));
    journal.close();
    database.close();
  }

  try {
    actualPort = await ingress.listen(port);
    url = `http://localhost:${actualPort}/${broker.namespace}/${broker.name}`;
  } catch (error) {
    await closeFile();
    throw error;
  }
  journal.onRecovered = () => {
    for (const { queue } of queues) queue.pump();
  };

  for (const { queue } of queues) queue.start();

  async function close(): Promise<void> {
    // No delivery begins from here on; events that still arrive stay in the file.
    const settled = Promise.all(queues.map(({ queue }) => queue.stop()));
    const late = new Promise<"late">((resolve) => {
      setTimeout(resolve, graceMs, "late").unref();
    });
    const [isAnswered, outcome] = await Promise.all([ingress.close(graceMs, quietMs), Promise.race([settled, late])]);
    if (!isAnswered || outcome === "late") {
      logger.warn({ graceMs }, "stopped before all was answered: what was not delivered will be after the next start");
    }
    await closeFile();
    await tracing?.close();
  }

  let closing: Promise<void> | undefined;
  return {
    url,
    port: actualPort,
    metrics,
    close: () => (closing ??= close()),
  };
}

type Plan = ReturnType<typeof planOf>;

function planOf(trigger: Trigger, subscribers: Readonly<Record<string, URL>>) {
  const { name, spec, isOrdered = false } = trigger;
  const { deadLetterSink } = spec.delivery ?? {};
  return {
    name,
    isOrdered,
    wants: compileFilter(trigger),
    policy: createDeliveryPolicy(name, spec.delivery),
    subscriber: resolve(spec.subscriber, subscribers, `Trigger ${name}: subscriber`),
    deadLetterSink: deadLetterSink && resolve(deadLetterSink, subscribers, `Trigger ${name}: delivery.deadLetterSink`),
  };
}

function resolve(destination: Destination, subscribers: Readonly<Record<string, URL>>, where: string): URL {
  if ("uri" in destination) {
    if (URL.canParse(destination.uri)) return new URL(destination.uri);
    throw new TriggerError(`${where}: Expected an absolute URL, got ${JSON.stringify(destination.uri)}`);
  }
  const url = subscribers[destination.ref.name];
  if (url !== undefined) return url;
  const known = Object.keys(subscribers).join(", ") || "none";
  throw new TriggerError(`${where}: Expected one of the subscribers (${known}), got "${destination.ref.name}"`);
}
