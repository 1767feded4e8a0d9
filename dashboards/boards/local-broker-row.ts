import { percentiles, third } from "../curve-layouts.ts";
import type { Row } from "../grafana/board.ts";
import { orZero, rate } from "../promql.ts";
import { SERIES } from "../selectors.ts";

const WINDOW = "$__rate_interval";

/** What the broker of the laptop platform tells. */
export function localBrokerRow(): Row {
  return {
    title: "Broker on a laptop",
    collapsed: true,
    panels: [
      third({
        title: "Deliveries",
        description: "Deliveries a second by what became of them; retried ones are on their way again.",
        unit: "ops",
        queries: [
          [rate(SERIES.brokerDeliveries, WINDOW, ["outcome"]), "{{outcome}}"],
          [orZero(rate(SERIES.brokerRetried, WINDOW)), "retries in all"],
        ],
      }),
      third({
        title: "Waiting and in flight",
        description: "Deliveries that were not made yet, and those that wait for their answer.",
        unit: "short",
        queries: [
          [`sum by (trigger, sink) (${SERIES.brokerPending})`, "{{trigger}} {{sink}} waiting"],
          [`sum by (trigger, sink) (${SERIES.brokerInFlight})`, "{{trigger}} {{sink}} in flight"],
        ],
      }),
      third({
        title: "Latency of dispatch",
        description: "From a delivery's request to its answer.",
        unit: "s",
        queries: percentiles(SERIES.brokerDeliverySeconds),
      }),
      third({
        title: "Events at the door",
        description: "Events a second, by what became of them.",
        unit: "ops",
        queries: [[rate(SERIES.brokerEvents, WINDOW, ["outcome"]), "{{outcome}}"]],
      }),
      third({
        title: "Latency of the disk",
        description: "For one transaction of the broker's journal; every answer waits for one.",
        unit: "s",
        queries: percentiles(SERIES.brokerCommitSeconds),
      }),
      third({
        title: "Room",
        description: "Bytes left of the broker's and of the store's quota or disk.",
        unit: "bytes",
        queries: [
          [`min(${SERIES.brokerFreeBytes})`, "broker"],
          [`min(${SERIES.storeFreeBytes})`, "store: free"],
          [`max(${SERIES.storeUsedBytes})`, "store: used"],
        ],
      }),
    ],
  };
}
