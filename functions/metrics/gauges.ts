// What is read at the moment of a scrape.
import { Gauge, type Registry } from "prom-client";
import { METRICS } from "./metrics.ts";

/** The bytes that a store on a disk of ours takes, and those it may still take. */
export interface StoreSpace {
  usedBytes: number;
  freeBytes: number;
}

/** Gauges a store's space at scrape time. */
export function gaugeStoreSpace(registers: Registry[], space: () => StoreSpace): void {
  new Gauge({
    name: METRICS.storeUsedBytes,
    help: "Bytes of the store that hold rows.",
    registers,
    collect() {
      this.set(space().usedBytes);
    },
  });
  new Gauge({
    name: METRICS.storeFreeBytes,
    help: "Bytes the store may still take: what is left of its quota or of the disk, whichever is less.",
    registers,
    collect() {
      this.set(space().freeBytes);
    },
  });
}

/** Gauges at scrape time how many of Cassandra's nodes this process can reach, and how many it cannot. */
export function gaugeCassandraNodes(registers: Registry[], nodes: () => { up: number; down: number }): void {
  new Gauge({
    name: METRICS.cassandraNodes,
    help: "Cassandra's nodes as this process sees them, by state.",
    labelNames: ["state"],
    registers,
    collect() {
      const { up, down } = nodes();
      this.set({ state: "up" }, up);
      this.set({ state: "down" }, down);
    },
  });
}

/** Gauges how long this process took from its start until it listened: what a request waits for a function at zero. */
export function gaugeStart(registers: Registry[], seconds: number): void {
  new Gauge({ name: METRICS.startSeconds, help: "Seconds from the process's start until it listened.", registers }).set(
    seconds,
  );
}
