import { type DeliverySpec, TRIGGERS } from "../../events/triggers.ts";

/** The delivery of pulses to pulse-persist, unless the chart's values say otherwise. */
export const PERSIST_DELIVERY: DeliverySpec = TRIGGERS.find(({ name }) => name === "persist")?.spec.delivery ?? {};

/** Seconds. The hour is that of the recorded ledger. */
const [SHORTEST_MEAN, STEP, HOUR] = [60, 300, 3600];

/**
 * How long the ledger's alert must hold, and over how long it takes the mean of the hourly ledger, so that no pulse that the
 * broker may still deliver counts as missing. The chart does the same for its own delivery (`pulsemesh.ledgerTimes`).
 */
export function ledgerTimesOf(delivery: DeliverySpec): { holdSeconds: number; meanSeconds: number } {
  // Five minutes more: for scrapes, and for a store that is back and has much to do.
  const settled = Math.ceil((deliverySecondsOf(delivery) + STEP) / STEP) * STEP;
  if (settled <= HOUR / 2) return { holdSeconds: settled, meanSeconds: SHORTEST_MEAN };
  // What is late counts in the mean for up to an hour after it came. A loss counts twice as long as the alert must hold.
  const holdSeconds = settled + HOUR;
  return { holdSeconds, meanSeconds: 2 * holdSeconds - HOUR };
}

/** The seconds after which a delivery has ended at the latest: all waits between its tries, and the time-out of each try. */
function deliverySecondsOf({ retry = 0, backoffPolicy, backoffDelay, timeout }: DeliverySpec): number {
  const delay = secondsOf(backoffDelay ?? "PT0S");
  let seconds = secondsOf(timeout ?? "PT30S") * (retry + 1);
  for (let n = 0; n < retry; n++) seconds += backoffPolicy === "exponential" ? delay * 2 ** n : delay * n;
  return seconds;
}

/** The seconds of a duration such as `PT0.2S`: the chart's schema has no other unit. */
function secondsOf(duration: string): number {
  return Number(/^PT([\d.]+)S$/.exec(duration)?.[1]);
}
