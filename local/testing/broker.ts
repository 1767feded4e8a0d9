// A broker for tests, with one Trigger, a subscriber and a dead-letter sink, all of them real and closed afterwards.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { onTestFinished } from "vitest";
import { BROKER, type DeliverySpec, type Trigger } from "../../events/triggers.ts";
import { type Broker, type BrokerOptions, startBroker } from "../broker/broker.ts";
import { startSubscriber, type TestSubscriber } from "./subscriber.ts";

export interface TestBroker {
  url: string;
  broker: Broker;
  subscriber: TestSubscriber;
  letters: TestSubscriber;
  file: string;
  logLines: Record<string, unknown>[];
  /** Starts it again on the same file, after it was closed. */
  restart(): Promise<Broker>;
  /** Counters and gauges by name and label values, such as `events_total accepted`. */
  metrics(): Promise<Record<string, number>>;
}

export interface TestBrokerOptions extends Partial<BrokerOptions> {
  delivery?: DeliverySpec;
}

/** A folder that is removed when the test is over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "pulsemesh-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A Trigger for everything, by default without a pause between tries. */
export function triggerOf(delivery: DeliverySpec = {}, more: Partial<Trigger["spec"]> = {}): Trigger {
  const letters = { ref: { apiVersion: "serving.knative.dev/v1", kind: "Service", name: "letters" } } as const;
  const target = { ref: { ...letters.ref, name: "target" } } as const;
  const all = { retry: 2, backoffDelay: "PT0.01S", timeout: "PT5S", deadLetterSink: letters, ...delivery };
  return { name: "t", spec: { broker: BROKER.name, subscriber: target, delivery: all, ...more } };
}

export async function openTestBroker({ delivery, ...more }: TestBrokerOptions = {}): Promise<TestBroker> {
  const file = join(temporaryFolder(), "deeper", "broker.db");
  const subscriber = await startSubscriber();
  const letters = await startSubscriber();
  const logLines: Record<string, unknown>[] = [];
  const logger = pino({ level: "debug" }, { write: (line: string) => logLines.push(JSON.parse(line)) });
  const options: BrokerOptions = {
    port: 0,
    file,
    triggers: [triggerOf(delivery)],
    subscribers: { target: subscriber.url, letters: letters.url },
    maxBytes: 64 * 1024 * 1024,
    graceMs: 2000,
    quietMs: 20,
    logger,
    ...more,
  };
  let broker = await startBroker(options);
  onTestFinished(async () => {
    await Promise.all([subscriber.close(), letters.close()]);
    await broker.close();
  });
  return {
    url: broker.url,
    broker,
    subscriber,
    letters,
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

/** Posts a binary event. */
export function post(
  url: string,
  id: string,
  { headers = {}, body = `{"n":"${id}"}` }: { headers?: Record<string, string>; body?: string | Buffer } = {},
): Promise<Response> {
  const all = { "content-type": "application/json", ...ATTRIBUTES, "ce-id": id, ...headers };
  return fetch(url, { method: "POST", headers: all, body: typeof body === "string" ? body : new Uint8Array(body) });
}
