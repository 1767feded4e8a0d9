import type { PulseFunction } from "../http.ts";
import { type Parts, requireSink } from "../parts.ts";
import { openSink } from "../sink.ts";
import { openDeadLetterStore } from "../stores.ts";
import { createDeadLetterMetrics } from "./dead-letter-metrics.ts";
import { createDeadLetter } from "./handler.ts";
import { REPLAY_CONCURRENCY } from "./replay.ts";

/** pulse-deadletter with its store and its way back to the broker. */
export function compose({ settings, registry, log }: Parts): PulseFunction {
  const url = requireSink(settings);
  return createDeadLetter({
    store: openDeadLetterStore(settings),
    sink: openSink({ url, connections: REPLAY_CONCURRENCY, deadlineMs: settings.emitDeadlineMs, log }),
    metrics: createDeadLetterMetrics([registry]),
  });
}
