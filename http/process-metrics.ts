import { collectDefaultMetrics, Histogram, type Registry } from "prom-client";

/** How late a process runs what is due: a name that dashboards are built from. */
export const EVENT_LOOP_LAG = "pulsemesh_event_loop_lag_seconds";

/** Seconds. A quantile above the last one shows as that one. */
export const LAG_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Four times a second: prom-client's own measurement wakes an idle process a hundred times a second. */
const INTERVAL_MS = 250;

/**
 * Registers Node's process metrics. A histogram takes the place of prom-client's gauges of the event loop's lag, which each
 * scrape empties: with two Prometheus replicas each stall is on one of them only.
 */
export function collectProcessMetrics(register: Registry): void {
  // An option turns the measurement down, and none leaves it out. The longest delay of a timer is about 25 days.
  collectDefaultMetrics({ register, eventLoopMonitoringPrecision: 2 ** 31 - 1 });
  for (const { name } of register.getMetricsAsArray()) {
    if (name.startsWith("nodejs_eventloop_lag")) register.removeSingleMetric(name);
  }
  const lag = new Histogram({
    name: EVENT_LOOP_LAG,
    help: "Seconds from when something was due until the process ran it.",
    buckets: LAG_BUCKETS,
    registers: [register],
  });
  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    // A stall swallows the ticks that were due while it lasted. Each counts, so that a share of ticks is a share of time.
    for (let late = now - last - INTERVAL_MS, tick = 0; late > 0 || tick === 0; late -= INTERVAL_MS, tick++) {
      lag.observe(Math.max(0, late) / 1000);
    }
    last = now;
  }, INTERVAL_MS).unref();
}
