import { Counter, type Registry } from "prom-client";
import { METRICS } from "./names.ts";

export interface LabelledCounterOptions<T extends string> {
  name: string;
  help: string;
  label: T;
  /** Every value that the label takes. */
  values: readonly string[];
  registers: Registry[];
}

/**
 * A counter with one label. All its series exist from the start: a series that begins at 1 hides its first increase, and
 * no panel shows it before.
 */
export function createLabelledCounter<T extends string>(options: LabelledCounterOptions<T>): Counter<T> {
  const { name, help, label, values, registers } = options;
  const counter = new Counter({ name, help, labelNames: [label], registers });
  for (const value of values) counter.inc({ [label]: value } as Record<T, string>, 0);
  return counter;
}

/** Counts how much the ledger's stored may exceed its accepted, for every function that sends events to the broker. */
export function createUnacknowledgedCounter(registers: Registry[]): Counter {
  return new Counter({
    name: METRICS.emitUnacknowledged,
    help: "Pulses that the broker may have besides those accepted: its answer was lost, or the rest of the request failed.",
    registers,
  });
}
