import { DAY_MS } from "../../events/time.ts";
import { openBrokerClient } from "../broker-client.ts";
import { brokerAuthorization, type Parts, requireBrokerUrl } from "../parts.ts";
import type { PulseFunction } from "../pulse-function.ts";
import { openTokens } from "../tokens/token-file.ts";
import { type Clock, Emitter } from "./emitter.ts";
import { createIngest } from "./handler.ts";
import { createIngestMetrics, gaugeTraffic } from "./ingest-metrics.ts";
import { KnownServices } from "./known-services.ts";
import { learnServices } from "./service-learner.ts";

/**
 * How many times larger than the largest body the pulses of a request may be as events. Of a request without evil intent they
 * never are: 10,000 spans with all texts that a resource may have are just below it.
 */
const MAX_GROWTH = 4;

/** pulse-ingest with its connections to the broker. */
export function compose({ settings, registry, tracing, log }: Parts, clock?: Clock): PulseFunction {
  const { tokensFile: file } = settings;
  const metrics = createIngestMetrics([registry]);
  const broker = openBrokerClient({
    url: requireBrokerUrl(settings),
    extensions: settings.sinkExtensions,
    certificates: settings.sinkCertificates,
    authorization: brokerAuthorization(settings, log),
    connections: settings.emitMaxInFlight,
    deadlineMs: settings.emitDeadlineMs,
    onAnswer: (seconds) => metrics.emitLatency.observe(seconds),
    onError: (reason) => metrics.emitErrors.inc({ reason }),
    log,
  });
  const emitter = new Emitter({
    ...settings,
    maxInFlight: settings.emitMaxInFlight,
    maxRequestBytes: Math.max(settings.bufferMaxBytes, MAX_GROWTH * settings.maxBodyBytes),
    send: broker.send,
    metrics,
    tracing,
    clock,
  });
  gaugeTraffic([registry], emitter.traffic);
  const services = new KnownServices(settings);
  const learner = settings.persistUrl && learnServices(settings.persistUrl, services, log);
  return createIngest({
    emitter,
    metrics,
    services,
    tokens: file === undefined ? undefined : openTokens({ file, variable: "PULSE_INGEST_TOKENS_FILE" }, log),
    retentionMs: settings.retentionDays * DAY_MS,
    maxPulses: settings.maxPulses,
    otlpPort: settings.otlpPort,
    disconnect: () => {
      learner?.stop();
      return broker.close();
    },
  });
}
