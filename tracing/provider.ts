// Where spans go: OpenTelemetry's SDK, set up by the variables of its specification.
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { DiagLogLevel, diag } from "@opentelemetry/api";
import { type ExportResult, ExportResultCode, parseKeyPairsIntoRecord } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type ReadableSpan,
  type Sampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import type { Logger } from "pino";
import type { TracingSettings } from "../settings/tracing-settings.ts";

const DEFAULT_SAMPLER = new ParentBasedSampler({ root: new AlwaysOnSampler() });
/** A line at most so often about spans that are dropped: under load it happens many times a second. */
const QUIET_MS = 10_000;
const MAX_VALUE_LENGTH = 256;

/** A provider whose spans go to `url` in batches. */
export function openProvider(settings: TracingSettings, url: URL, process: string, log: Logger): TracerProvider {
  diag.setLogger(seldom(log), { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  const headers = parseKeyPairsIntoRecord(settings.headers);
  const exporter = new OTLPTraceExporter({ url: url.href, headers });
  // The environment may say all of it otherwise.
  const own = resourceFromAttributes({
    "service.name": process,
    "service.namespace": "pulsemesh",
    "service.instance.id": randomUUID(),
    "host.name": hostname(),
  });
  const named = resourceFromAttributes(
    settings.serviceName === undefined ? {} : { "service.name": settings.serviceName },
  );
  return new TracerProvider({
    resource: own.merge(detectResources({ detectors: [envDetector] })).merge(named),
    sampler: samplerOf(settings, log),
    spanLimits: { attributeValueLengthLimit: MAX_VALUE_LENGTH },
    spanProcessors: [new BatchSpanProcessor({ exporter: new WatchedExporter(exporter, log) })],
  });
}

/** The sampler of the specification's name. What is not known there is passed over, as the specification asks. */
function samplerOf({ sampler, samplerArg }: TracingSettings, log: Logger): Sampler {
  const root = rootOf(sampler.replace(/^parentbased_/, ""), samplerArg, log);
  if (root === undefined) {
    log.warn({ sampler }, "OTEL_TRACES_SAMPLER: Expected a sampler's name, got another: all traces are taken");
    return DEFAULT_SAMPLER;
  }
  return sampler.startsWith("parentbased_") ? new ParentBasedSampler({ root }) : root;
}

function rootOf(name: string, arg: string, log: Logger): Sampler | undefined {
  switch (name) {
    case "always_on":
      return new AlwaysOnSampler();
    case "always_off":
      return new AlwaysOffSampler();
    case "traceidratio": {
      const ratio = Number(arg);
      if (ratio >= 0 && ratio <= 1) return new TraceIdRatioBasedSampler(ratio);
      log.warn("OTEL_TRACES_SAMPLER_ARG: Expected a number from 0 to 1, got another text: all traces are taken");
      return new TraceIdRatioBasedSampler(1);
    }
    default:
      return undefined;
  }
}

/** Says once that spans are lost because nobody takes them, and once that they are taken again. */
class WatchedExporter implements SpanExporter {
  readonly #exporter: SpanExporter;
  readonly #log: Logger;
  #isFailing = false;

  constructor(exporter: SpanExporter, log: Logger) {
    this.#exporter = exporter;
    this.#log = log;
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.#exporter.export(spans, ({ code, error }) => {
      const isFailing = code !== ExportResultCode.SUCCESS;
      if (isFailing !== this.#isFailing) this.#say(isFailing, error);
      this.#isFailing = isFailing;
      // Said already: the SDK would write a line for each batch.
      done({ code: ExportResultCode.SUCCESS });
    });
  }

  #say(isFailing: boolean, error: Error | undefined): void {
    if (!isFailing) this.#log.info("own spans are taken again");
    // The message alone: the error has the answer's body and the stack of a library.
    else
      this.#log.warn({ reason: error?.message.slice(0, 200) }, "own spans are not taken: they are lost until they are");
  }

  forceFlush(): Promise<void> {
    return this.#exporter.forceFlush?.() ?? Promise.resolve();
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }
}

function seldom(log: Logger) {
  let quietUntil = 0;
  const warn = (message: string) => {
    if (performance.now() < quietUntil) return;
    quietUntil = performance.now() + QUIET_MS;
    log.warn({ reason: message.slice(0, 200) }, "OpenTelemetry's SDK warns");
  };
  const nothing = () => undefined;
  return { error: warn, warn, info: nothing, debug: nothing, verbose: nothing };
}
