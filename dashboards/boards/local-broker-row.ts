import type { Row } from "../grafana/panel.ts";
import { percentiles, perSecond, perSecondBy } from "../grafana/panel-queries.ts";
import { max, min, orZero, sum } from "../promql.ts";
import { SERIES } from "../selectors.ts";

const QUEUE = ["trigger", "sink"];

/** The broker of the laptop platform. */
export const LOCAL_BROKER_ROW: Row = {
  title: "Broker on a laptop",
  collapsed: true,
  panels: {
    Deliveries: {
      description: "Deliveries per second by outcome. The broker delivers retried ones again.",
      unit: "ops",
      queries: [
        perSecondBy("outcome", SERIES.brokerDeliveries),
        [orZero(perSecond(SERIES.brokerRetried)), "retries in all"],
      ],
    },
    "Waiting and in flight": {
      description: "Deliveries that wait to be made, and those that wait for the subscriber's answer.",
      queries: [
        [sum(SERIES.brokerPending, QUEUE), "{{trigger}} {{sink}} waiting"],
        [sum(SERIES.brokerInFlight, QUEUE), "{{trigger}} {{sink}} in flight"],
      ],
    },
    "Latency of dispatch": {
      description: "From a delivery's request to its answer.",
      unit: "s",
      queries: percentiles(SERIES.brokerDeliverySeconds),
    },
    "Events received": {
      description: "Events per second by outcome.",
      unit: "ops",
      queries: [perSecondBy("outcome", SERIES.brokerEvents)],
    },
    "Latency of the disk": {
      description: "For one transaction of the broker's journal. Every answer waits for one.",
      unit: "s",
      queries: percentiles(SERIES.brokerCommitSeconds),
    },
    Room: {
      description: "Free bytes of the broker's and of the store's quota or disk, and the bytes that the store uses.",
      unit: "bytes",
      queries: [
        [min(SERIES.brokerFreeBytes), "broker"],
        [min(SERIES.storeFreeBytes), "store: free"],
        [max(SERIES.storeUsedBytes), "store: used"],
      ],
    },
  },
};
