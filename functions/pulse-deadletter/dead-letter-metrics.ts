import { Counter, type Registry } from "prom-client";
import { REASONS } from "../dead-letter-reason.ts";
import { createLabelledCounter, createUnacknowledgedCounter } from "../metrics/counters.ts";
import { METRICS } from "../metrics/names.ts";

/** What pulse-deadletter counts. */
export function createDeadLetterMetrics(registers: Registry[]) {
  const counter = (name: string, help: string) => new Counter({ name, help, registers });
  return {
    received: createLabelledCounter({
      name: METRICS.deadLetters,
      help: "Events that came as dead letters, by reason.",
      label: "reason",
      values: REASONS,
      registers,
    }),
    receivedPulses: counter(METRICS.deadLetterPulses, "Pulses in the events that came as dead letters."),
    replayed: counter(METRICS.deadLettersReplayed, "Dead letters the broker took back."),
    replayedPulses: counter(METRICS.deadLetterPulsesReplayed, "Pulses in the dead letters the broker took back."),
    unacknowledged: createUnacknowledgedCounter(registers),
  };
}
export type DeadLetterMetrics = ReturnType<typeof createDeadLetterMetrics>;
