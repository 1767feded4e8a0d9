import { DAY_MS } from "../../events/time.ts";
import { openBrokerClient } from "../broker-client.ts";
import { brokerAuthorization, type Parts, requireBrokerUrl } from "../parts.ts";
import type { PulseFunction } from "../pulse-function.ts";
import { openDeadLetterStore } from "../stores.ts";
import { createDeadLetterMetrics } from "./dead-letter-metrics.ts";
import { createDeadLetter } from "./handler.ts";
import { REPLAY_CONCURRENCY } from "./replay.ts";

/** pulse-deadletter with its store and its connections to the broker. */
export async function compose(parts: Parts): Promise<PulseFunction> {
  const { settings, registry, doors, log } = parts;
  const url = requireBrokerUrl(settings);
  return createDeadLetter({
    store: await openDeadLetterStore(parts),
    broker: openBrokerClient({
      url,
      extensions: settings.sinkExtensions,
      certificates: settings.sinkCertificates,
      authorization: brokerAuthorization(settings, log),
      connections: REPLAY_CONCURRENCY,
      deadlineMs: settings.emitDeadlineMs,
      log,
    }),
    metrics: createDeadLetterMetrics([registry]),
    doors,
    userHeader: settings.userHeader,
    retentionMs: settings.retentionDays * DAY_MS,
    maxPulses: settings.maxPulses,
  });
}
