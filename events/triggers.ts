// The routes as data: the cluster renders them into Knative objects, and local/ runs them. The shapes are those of
// eventing.knative.dev/v1, so that `spec` goes into a chart as it stands.
import { PULSE_TYPE, PULSES_TYPE } from "./cloud-event.ts";

/** One test of an event's attributes and extensions, never of its data; one dialect for each. */
export type TriggerFilter =
  | { exact: Readonly<Record<string, string>> }
  | { prefix: Readonly<Record<string, string>> }
  | { suffix: Readonly<Record<string, string>> }
  | { all: readonly TriggerFilter[] }
  | { any: readonly TriggerFilter[] }
  | { not: TriggerFilter };

/** Where events go: a Knative Service by its name, or any URL. */
export type Destination =
  | { ref: { apiVersion: "serving.knative.dev/v1"; kind: "Service"; name: string } }
  | { uri: string };

/** How often, how fast and for how long a delivery is tried, and who gets it when all that was in vain. */
export interface DeliverySpec {
  /** Tries after the first. */
  retry?: number;
  /** Before the n-th retry, n from 0: delay·2ⁿ or delay·n. */
  backoffPolicy?: "exponential" | "linear";
  /** ISO 8601, such as `PT0.2S`. */
  backoffDelay?: string;
  /** ISO 8601, for one request. */
  timeout?: string;
  deadLetterSink?: Destination;
}

export interface TriggerSpec {
  broker: string;
  /** All of them must pass. They override `filter`. */
  filters?: readonly TriggerFilter[];
  /** The older form: every attribute must be there and, unless the value is empty, be equal. */
  filter?: { attributes: Readonly<Record<string, string>> };
  subscriber: Destination;
  delivery?: DeliverySpec;
}

export interface Trigger {
  name: string;
  spec: TriggerSpec;
}

/** Which broker: its URL's path is `/<namespace>/<name>`. */
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
        timeout: "PT30S",
        deadLetterSink: service("pulse-deadletter"),
      },
    },
  },
];
