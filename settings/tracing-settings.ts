import { httpUrl, text } from "./field.ts";
import { type SettingsOf, setting } from "./setting.ts";

/**
 * Own traces: variables of OpenTelemetry's specification, with their names and meanings there. What else it has for the
 * exporter, its SDK for JavaScript reads.
 */
export const tracingSettings = {
  endpoint: setting(
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    httpUrl,
    "Where the processes send their own spans, by OTLP over HTTP in protobuf, with `/v1/traces` added. Absent: they make none. See [watching.md](watching.md#own-traces).",
  ),
  tracesEndpoint: setting(
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    httpUrl,
    "The same for traces alone, as a whole URL. It takes precedence.",
  ),
  headers: setting(
    "OTEL_EXPORTER_OTLP_HEADERS",
    text("key=value, separated by commas"),
    "Headers of these requests, such as `authorization=Bearer%20TOKEN`.",
  ),
  exporters: setting(
    "OTEL_TRACES_EXPORTER",
    text("names of exporters, separated by commas", "otlp"),
    "Without `otlp` among them no spans are made.",
  ),
  isDisabled: setting("OTEL_SDK_DISABLED", text("true or false", "false"), "`true`: no spans are made."),
  serviceName: setting(
    "OTEL_SERVICE_NAME",
    text("a service's name"),
    "The `service.name` of the spans. Absent: the name of the function, or `broker`.",
  ),
  sampler: setting(
    "OTEL_TRACES_SAMPLER",
    text("a sampler's name", "parentbased_always_on"),
    "Which requests make spans: `always_on`, `always_off`, `traceidratio`, or one of these after `parentbased_`. Another name counts as absent, with a line in the log.",
  ),
  samplerArg: setting(
    "OTEL_TRACES_SAMPLER_ARG",
    text("a number from 0 to 1", "1"),
    "The part of all traces that `traceidratio` takes.",
  ),
};

export type TracingSettings = SettingsOf<typeof tracingSettings>;
