// Gauges that are read at the moment of a scrape.
import type { Registry } from "prom-client";
import { METRICS } from "./names.ts";
import { registerScraped } from "./scraped-metric.ts";

/** The bytes that a store on a local disk takes, and those it may still take. */
export interface StoreSpace {
  usedBytes: number;
  freeBytes: number;
}

export function gaugeStoreSpace(registers: Registry[], space: () => StoreSpace): void {
  gauge(registers, METRICS.storeUsedBytes, "Bytes of the store that hold rows.", () => space().usedBytes);
  const help = "Bytes the store may still take: what is left of its quota or of the disk, whichever is less.";
  gauge(registers, METRICS.storeFreeBytes, help, () => space().freeBytes);
}

export function gaugeStoreQueue(registers: Registry[], queuedRows: () => number): void {
  gauge(registers, METRICS.storeQueue, "Rows that wait for the store.", queuedRows);
}

/** Gauges how many of Cassandra's nodes this process can reach, and how many it cannot. */
export function gaugeCassandraNodes(registers: Registry[], nodes: () => { up: number; down: number }): void {
  registerScraped({
    name: METRICS.cassandraNodes,
    help: "Cassandra's nodes as this process sees them, by state.",
    type: "gauge",
    registers,
    samples: () => Object.entries(nodes()).map(([state, value]) => ({ labels: { state }, value })),
  });
}

/** Gauges how far the clock of Cassandra's nodes is ahead of this process's, once that is known. */
export function gaugeClockSkew(registers: Registry[], seconds: () => number | undefined): void {
  registerScraped({
    name: METRICS.clockSkew,
    help: "Seconds by which the clock of the Cassandra node that was asked last is ahead of this process's.",
    type: "gauge",
    registers,
    samples: () => {
      const value = seconds();
      return value === undefined ? [] : [{ labels: {}, value }];
    },
  });
}

/** Gauges the seconds from the process's start until it listened: how long a request waits for a function scaled to zero. */
export function gaugeStart(registers: Registry[], seconds: number): void {
  gauge(registers, METRICS.startSeconds, "Seconds from the process's start until it listened.", () => seconds);
}

/** Gauges what `read` gives at each scrape. */
export function gauge(registers: Registry[], name: string, help: string, read: () => number): void {
  registerScraped({ name, help, type: "gauge", registers, samples: () => [{ labels: {}, value: read() }] });
}
