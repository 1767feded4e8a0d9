// The Triggers as data: infra/ renders them into Knative objects, and local/ runs them. The shapes are those of
// eventing.knative.dev/v1, so that `spec` goes into a chart unchanged.
import { PULSE_TYPE, PULSES_TYPE } from "./cloud-event.ts";

/** A test of an event's attributes and extensions, never of its data. Each test uses one dialect. */
export type TriggerFilter =
  | { exact: Readonly<Record<string, string>> }
  | { prefix: Readonly<Record<string, string>> }
  | { suffix: Readonly<Record<string, string>> }
  | { all: readonly TriggerFilter[] }
  | { any: readonly TriggerFilter[] }
  | { not: TriggerFilter };

/** Where events go: a Knative Service by name, or any URL. */
export type Destination =
  | { ref: { apiVersion: "serving.knative.dev/v1"; kind: "Service"; name: string } }
  | { uri: string };

/** How often and how fast a delivery is retried, how long one try may take, and who gets an event that fails for good. */
export interface DeliverySpec {
  /** Tries after the first. */
  retry?: number;
  /** The wait before the n-th retry, n from 0: delay·2ⁿ or delay·n. */
  backoffPolicy?: "exponential" | "linear";
  /** ISO 8601, such as `PT0.2S`. */
  backoffDelay?: string;
  /** ISO 8601, for one request. */
  timeout?: string;
  deadLetterSink?: Destination;
}

export interface TriggerSpec {
  broker: string;
  /** All must pass. They override `filter`. */
  filters?: readonly TriggerFilter[];
  /** The older form: every attribute must be present and, unless the value is empty, equal. */
  filter?: { attributes: Readonly<Record<string, string>> };
  subscriber: Destination;
  delivery?: DeliverySpec;
}

export interface Trigger {
  name: string;
  /** Whether an event waits until the one before it is delivered, or given up: {@link ORDER_ANNOTATION}. */
  isOrdered?: boolean;
  spec: TriggerSpec;
}

/** The annotation by which Knative's broker for Kafka delivers in order (`ordered`), of which it has partitions. */
export const ORDER_ANNOTATION = "kafka.eventing.knative.dev/delivery.order";

/** A broker. Its URL's path is `/<namespace>/<name>`. */
export interface BrokerName {
  namespace: string;
  name: string;
}

export const BROKER: BrokerName = { namespace: "default", name: "pulsemesh" };

function service(name: string): Destination {
  return { ref: { apiVersion: "serving.knative.dev/v1", kind: "Service", name } };
}

export const TRIGGERS: readonly Trigger[] = [
  {
    name: "persist",
    spec: {
      broker: BROKER.name,
      filters: [{ any: [{ exact: { type: PULSE_TYPE } }, { exact: { type: PULSES_TYPE } }] }],
      subscriber: service("pulse-persist"),
      delivery: {
        retry: 10,
        backoffPolicy: "exponential",
        backoffDelay: "PT0.2S",
        // Longer than pulse-persist's own limit, whose answer says what went wrong.
        timeout: "PT35S",
        deadLetterSink: service("pulse-deadletter"),
      },
    },
  },
];
