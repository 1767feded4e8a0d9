// A durable broker with Triggers, as Knative's but on one disk. Start here:
//   ingress.ts        takes events over HTTP (body-reader, drain, problem)
//   admission.ts      notes arrival and hops, finds the Triggers that want an event (filters/)
//   journal.ts        group commit into broker-database.ts; the answer follows the disk
//   lane.ts           what waits for one subscriber: slots, back-off, dead letters (delivery-policy, dead-letter)
//   subscriber.ts     one HTTP request and what its answer means (answer)
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { Logger } from "pino";
import type { CloudEvent } from "../../events/cloud-event.ts";
import { BROKER, type BrokerName, type Destination, type Trigger } from "../../events/triggers.ts";
import { admit, type Route } from "./admission.ts";
import { BrokerDatabase } from "./broker-database.ts";
import { createDeliveryPolicy } from "./delivery-policy.ts";
import { compileFilter, TriggerError } from "./filters/trigger-filter.ts";
import { createIngress } from "./ingress.ts";
import { Journal, type NewEvent } from "./journal.ts";
import { Lane, type LaneOptions } from "./lane.ts";
import { BrokerMetrics, type Sink } from "./metrics.ts";
import { Subscriber } from "./subscriber.ts";

const MIB = 1024 * 1024;
/** Deliveries under way to one subscriber; beyond 16 a store that commits in groups gains nothing. */
const CONCURRENCY = 16;
const DEAD_LETTER_CONCURRENCY = 4;
const MAX_READING_BYTES = 32 * MIB;

export interface BrokerOptions {
  /** 0 takes a free one. */
  port: number;
  /** The SQLite file; its folder is made. */
  file: string;
  /** Those of other brokers are left alone. */
  triggers: readonly Trigger[];
  /** Where the services are that Triggers name. */
  subscribers: Readonly<Record<string, URL>>;
  /** The quota of the file. */
  maxBytes: number;
  logger: Logger;
  broker?: BrokerName;
  /** The largest event. @default 1 MiB, as Kafka's */
  maxBodyBytes?: number;
  /** How long a client may take to send an event. @default 10,000 */
  requestTimeoutMs?: number;
  /** For events that are ready or under way, over all Triggers. @default 16 MiB */
  maxMemoryBytes?: number;
  /** For answers and deliveries under way when it is closed. @default 10,000 */
  graceMs?: number;
  /** When it is closed: how long nothing must come over open connections before they are cut. @default 500 */
  quietMs?: number;
}

export interface Broker {
  /** Where to POST events. */
  url: string;
  port: number;
  metrics: BrokerMetrics;
  /** Stops taking events, finishes what is under way within the grace time, and lets go of the file. */
  close(): Promise<void>;
}

/** Opens the file, takes up what is in it, and listens. @throws for Triggers or a file that cannot be used. */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const { port, file, subscribers, maxBytes, logger, broker = BROKER, maxBodyBytes = MIB } = options;
  const { requestTimeoutMs = 10_000, maxMemoryBytes = 16 * MIB, graceMs = 10_000, quietMs = 500 } = options;
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
  const lanes: { trigger: string; sink: Sink; lane: Lane }[] = [];
  const routes: Route[] = [];
  const outlets: Subscriber[] = [];
  const laneMemory = maxMemoryBytes / Math.max(1, plans.length * 2);

  function openLane(plan: Plan, sink: Sink, url: URL, giveUp: LaneOptions["giveUp"]): Lane {
    const isDeadLetterSink = sink === "dead_letter";
    const concurrency = isDeadLetterSink ? DEAD_LETTER_CONCURRENCY : CONCURRENCY;
    const { name, policy } = plan;
    const { timeoutMs } = policy;
    const laneName = isDeadLetterSink ? `${name} dead letters` : name;
    const subscriber = new Subscriber({ url, connections: concurrency, timeoutMs, isDeadLetterSink });
    outlets.push(subscriber);
    const lane = new Lane({
      id: database.laneId(laneName),
      trigger: name,
      policy,
      subscriber,
      giveUp,
      journal,
      database,
      metrics: metrics.laneMetrics(name, sink),
      logger,
      concurrency,
      maxMemoryBytes: laneMemory,
      pending: waiting.get(laneName) ?? 0,
      admitReply,
    });
    waiting.delete(laneName);
    lanes.push({ trigger: name, sink, lane });
    return lane;
  }

  function admitReply(reply: CloudEvent, causeTtl: number): NewEvent | "full" | undefined {
    const admission = admit(reply, { routes, causeTtl, done: () => metrics.events.reply_accepted.inc() });
    if (admission.kind === "hop-limit") {
      metrics.events.hop_limit.inc();
      logger.warn({ eventId: reply.id, source: reply.source }, "reply dropped: it has come through brokers too often");
      return undefined;
    }
    if (admission.kind === "unmatched") {
      metrics.events.reply_unmatched.inc();
      return undefined;
    }
    if (journal.hasRoom(admission.event.bytes)) return admission.event;
    metrics.events.reply_full.inc();
    return "full";
  }

  for (const plan of plans) {
    const letters = plan.deadLetterSink && openLane(plan, "dead_letter", plan.deadLetterSink, undefined);
    const giveUp =
      letters === undefined ? ({ kind: "drop" } as const) : ({ kind: "dead-letter", lane: letters } as const);
    routes.push({ wants: plan.wants, lane: openLane(plan, "subscriber", plan.subscriber, giveUp) });
  }
  metrics.gaugeLanes(lanes);
  for (const [lane, count] of waiting) {
    logger.warn({ lane, count }, "deliveries of a trigger that is no more stay in the file until it is back");
  }
  const limits = { maxBodyBytes, maxReadingBytes: MAX_READING_BYTES, requestTimeoutMs };
  const ingress = createIngress({ broker, routes, journal, metrics, limits, logger });

  async function closeOutlets(): Promise<void> {
    await Promise.all(outlets.map((outlet) => outlet.close()));
    journal.close();
    database.close();
  }

  try {
    ingress.server.listen(port);
    await once(ingress.server, "listening");
  } catch (error) {
    await closeOutlets();
    throw error;
  }
  journal.onRecovered = () => {
    for (const { lane } of lanes) lane.pump();
  };
  for (const { lane } of lanes) lane.start();
  const actualPort = (ingress.server.address() as AddressInfo).port;

  async function close(): Promise<void> {
    // Nothing new leaves from here on; what still comes in is kept in the file.
    const settled = Promise.all(lanes.map(({ lane }) => lane.stop()));
    const late = new Promise<"late">((resolve) => {
      setTimeout(resolve, graceMs, "late").unref();
    });
    const [isAnswered, outcome] = await Promise.all([ingress.close(graceMs, quietMs), Promise.race([settled, late])]);
    if (!isAnswered || outcome === "late") {
      logger.warn({ graceMs }, "stopped before all was answered: what was not delivered will be after the next start");
    }
    await closeOutlets();
  }

  let closing: Promise<void> | undefined;
  return {
    url: `http://localhost:${actualPort}/${broker.namespace}/${broker.name}`,
    port: actualPort,
    metrics,
    close: () => (closing ??= close()),
  };
}

type Plan = ReturnType<typeof planOf>;

function planOf(trigger: Trigger, subscribers: Readonly<Record<string, URL>>) {
  const { name, spec } = trigger;
  const { deadLetterSink } = spec.delivery ?? {};
  return {
    name,
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
