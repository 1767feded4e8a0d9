// A broker with one Trigger, its subscriber and its dead-letter sink: all real, closed at the end of the test.
import { join } from "node:path";
import { pino } from "pino";
import { onTestFinished } from "vitest";
import { BROKER, type DeliverySpec, type Trigger } from "../../events/triggers.ts";
import { type Broker, type BrokerOptions, startBroker } from "../broker/broker.ts";
import { startSubscriber, type TestSubscriber } from "./subscriber.ts";
import { temporaryFolder } from "./temporary-folder.ts";

export interface TestBroker {
  url: string;
  broker: Broker;
  subscriber: TestSubscriber;
  deadLetterSink: TestSubscriber;
  file: string;
  logLines: Record<string, unknown>[];
  /** Starts the closed broker again on the same file. */
  restart(): Promise<Broker>;
  /** Counters and gauges by name and label values, such as `events_total accepted`. */
  metrics(): Promise<Record<string, number>>;
}

export interface TestBrokerOptions extends Partial<BrokerOptions> {
  delivery?: DeliverySpec;
}

/** A Trigger that wants every event and by default does not pause between attempts. */
export function triggerOf(delivery: DeliverySpec = {}, more: Partial<Trigger["spec"]> = {}): Trigger {
  const service = (name: string) => ({ ref: { apiVersion: "serving.knative.dev/v1", kind: "Service", name } }) as const;
  const deadLetterSink = service("dead-letters");
  const all = { retry: 2, timeout: "PT5S", deadLetterSink, ...delivery };
  return { name: "t", spec: { broker: BROKER.name, subscriber: service("target"), delivery: all, ...more } };
}

export async function openTestBroker({ delivery, ...more }: TestBrokerOptions = {}): Promise<TestBroker> {
  const file = join(temporaryFolder(), "deeper", "broker.db");
  const subscriber = await startSubscriber();
  const deadLetterSink = await startSubscriber();
  const logLines: Record<string, unknown>[] = [];
  const logger = pino({ level: "debug" }, { write: (line: string) => logLines.push(JSON.parse(line)) });
  const options: BrokerOptions = {
    port: 0,
    file,
    triggers: [triggerOf(delivery)],
    subscribers: { target: subscriber.url, "dead-letters": deadLetterSink.url },
    maxBytes: 64 * 1024 * 1024,
    graceMs: 2000,
    quietMs: 20,
    logger,
    ...more,
  };
  let broker = await startBroker(options);
  onTestFinished(async () => {
    await Promise.all([subscriber.close(), deadLetterSink.close()]);
    await broker.close();
  });
  return {
    url: broker.url,
    broker,
    subscriber,
    deadLetterSink,
    file,
    logLines,
    async restart() {
      broker = await startBroker(options);
      return broker;
    },
    async metrics() {
      const values: Record<string, number> = {};
      for (const { name, values: samples } of await broker.metrics.registry.getMetricsAsJSON()) {
        for (const { labels, value } of samples) {
          values[[name.replace("pulsemesh_broker_", ""), ...Object.values(labels)].join(" ")] = value;
        }
      }
      return values;
    },
  };
}

const ATTRIBUTES = { "ce-specversion": "1.0", "ce-source": "/test", "ce-type": "dev.test" };

/** Posts an event in binary mode. */
export function post(
  url: string,
  id: string,
  { headers = {}, body = `{"n":"${id}"}` }: { headers?: Record<string, string>; body?: string | Buffer } = {},
): Promise<Response> {
  const all = { "content-type": "application/json", ...ATTRIBUTES, "ce-id": id, ...headers };
  return fetch(url, { method: "POST", headers: all, body: typeof body === "string" ? body : new Uint8Array(body) });
}
