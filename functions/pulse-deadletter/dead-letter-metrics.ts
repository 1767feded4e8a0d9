import { Counter, type Registry } from "prom-client";
import { METRICS } from "../metrics.ts";

/** What pulse-deadletter counts. */
export function createDeadLetterMetrics(registers: Registry[]) {
  return {
    received: new Counter({
      name: METRICS.deadLetters,
      help: "Events that came as dead letters, by reason.",
      labelNames: ["reason"],
      registers,
    }),
    replayed: new Counter({ name: METRICS.deadLettersReplayed, help: "Dead letters the broker took back.", registers }),
  };
}
export type DeadLetterMetrics = ReturnType<typeof createDeadLetterMetrics>;
