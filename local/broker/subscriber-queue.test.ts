import { pino } from "pino";
import { expect, it, onTestFinished, vi } from "vitest";
import type { CloudEvent } from "../../events/cloud-event.ts";
import { startSubscriber } from "../testing/subscriber.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { BrokerDatabase } from "./broker-database.ts";
import { createDeliveryPolicy } from "./delivery-policy.ts";
import { Journal } from "./journal.ts";
import { BrokerMetrics } from "./metrics.ts";
import { Subscriber } from "./subscriber.ts";
import { SubscriberQueue } from "./subscriber-queue.ts";

const eventOf = (id: string): CloudEvent => ({ id, source: "/s", type: "t", extensions: {}, data: { kind: "none" } });

/** A queue whose file holds events; it is not started. */
async function openQueue({ waiting, isOrdered }: { waiting: readonly string[]; isOrdered: boolean }) {
  const database = new BrokerDatabase({ file: `${temporaryFolder()}/broker.db`, maxBytes: 1e8 });
  const logger = pino({ level: "silent" });
  const journal = new Journal({ database, logger });
  const id = database.queueId("queue");
  database.transaction(() => {
    for (const event of waiting) database.insert(eventOf(event), 255, [id]);
  });
  const target = await startSubscriber();
  const concurrency = isOrdered ? 1 : 2;
  const subscriber = new Subscriber({
    url: target.url,
    connections: 4,
    timeoutMs: undefined,
    isDeadLetterSink: false,
  });
  const queue = new SubscriberQueue({
    id,
    trigger: "t",
    policy: createDeliveryPolicy("t"),
    subscriber,
    afterFailure: "drop",
    journal,
    database,
    metrics: new BrokerMetrics({ freeBytes: () => database.freeBytes() }).queueMetrics("t", "subscriber"),
    logger,
    concurrency,
    isOrdered,
    maxMemoryBytes: 1e6,
    pending: waiting.length,
    admitReply: () => undefined,
    brokerUrl: () => target.url,
  });
  const add = (event: string) => {
    const done = (outcome: Parameters<Parameters<Journal["add"]>[0]["done"]>[0]) => {
      if (outcome.kind === "stored") queue.offer(outcome.stored);
    };
    journal.add({ event: eventOf(event), ttl: 255, queues: [id], bytes: 10, done });
  };
  onTestFinished(async () => {
    await queue.stop();
    await Promise.all([subscriber.close(), target.close()]);
    journal.close();
    database.close();
  });
  return { queue, add, target };
}

it.each([
  [true, 1],
  [false, 2],
])(
  "has no more under way when an event is written by its look at the file: ordered %s, %i",
  async (isOrdered, most) => {
    const waiting = Array.from({ length: 20 }, (_, i) => `${i}`);
    const { queue, add, target } = await openQueue({ waiting, isOrdered });
    // It waits for the end of the turn, but what waits is written before the file is read.
    add("new");
    queue.start();
    expect(queue.inFlight).toBe(most);
    await vi.waitFor(() => expect(queue.pending).toBe(0));
    if (isOrdered) expect(target.ids()).toEqual([...waiting, "new"]);
    else expect(new Set(target.ids())).toEqual(new Set([...waiting, "new"]));
  },
);
