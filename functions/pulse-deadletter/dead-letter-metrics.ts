import { Counter, type Registry } from "prom-client";
import { createUnacknowledgedCounter, METRICS } from "../metrics/metrics.ts";
import { startAtZero } from "../metrics/start-at-zero.ts";
import { REASONS } from "./reason.ts";

/** What pulse-deadletter counts. */
export function createDeadLetterMetrics(registers: Registry[]) {
  return {
    received: startAtZero(
      new Counter({
        name: METRICS.deadLetters,
        help: "Events that came as dead letters, by reason.",
        labelNames: ["reason"],
        registers,
      }),
      "reason",
      REASONS,
    ),
    replayed: new Counter({ name: METRICS.deadLettersReplayed, help: "Dead letters the broker took back.", registers }),
    receivedPulses: new Counter({
      name: METRICS.deadLetterPulses,
      help: "Pulses in the events that came as dead letters.",
      registers,
    }),
    unacknowledged: createUnacknowledgedCounter(registers),
    replayedPulses: new Counter({
      name: METRICS.deadLetterPulsesReplayed,
      help: "Pulses in the dead letters the broker took back.",
      registers,
    }),
  };
}
export type DeadLetterMetrics = ReturnType<typeof createDeadLetterMetrics>;
