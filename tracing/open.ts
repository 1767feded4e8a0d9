import type { Logger } from "pino";
import type { Tracing } from "../http/tracing.ts";
import type { TracingSettings } from "../settings/tracing-settings.ts";

/** Own traces of a process, where the settings say to whom they go. OpenTelemetry's SDK is loaded only then. */
export async function openTracing(
  settings: TracingSettings,
  process: string,
  log: Logger,
): Promise<Tracing | undefined> {
  const { isDisabled, exporters } = settings;
  const url = urlOf(settings);
  const isOff = isDisabled.toLowerCase() === "true" || !exporters.split(/\s*,\s*/).includes("otlp");
  if (url === undefined || isOff) return undefined;
  const { openProvider } = await import("./provider.ts");
  const { createTracing } = await import("./own-spans.ts");
  const tracing = createTracing(openProvider(settings, url, process, log));
  log.info({ endpoint: url.origin }, "own spans are sent");
  return tracing;
}

function urlOf({ endpoint, tracesEndpoint }: TracingSettings): URL | undefined {
  if (tracesEndpoint !== undefined || endpoint === undefined) return tracesEndpoint;
  const url = new URL(endpoint);
  url.pathname = `${url.pathname.replace(/\/$/, "")}/v1/traces`;
  return url;
}
