import { relative, resolve } from "node:path";
import { type PlanSettings, urlsOf } from "./plan.ts";

/** The text for a person once everything runs: the addresses, and commands to try. */
export function bannerOf(settings: PlanSettings, cwd: string): string {
  const urls = urlsOf(settings);
  const { otlpPort } = settings;
  const traces =
    otlpPort === undefined
      ? ""
      : `  send traces    POST http://localhost:${otlpPort}/v1/traces   (OTLP, from this machine only)\n`;
  const pulse = '{"service_name":"checkout","latency_ms":12.5,"status":"ok"}';
  return `
PulseMesh runs.

  send pulses    POST ${urls.ingest}/pulse
${traces}  read them      ${urls.query}/   (a page; GET /services, /services/{service}/pulses, /live)
  dead letters   ${urls.deadletter}/dead-letters
  broker         POST ${urls.broker}
  metrics        /metrics of each, ${urls.persist} (pulse-persist) too
  data           ${relative(cwd, resolve(settings.dataDir)) || "."}

Try:
  curl -d '${pulse}' -H 'content-type: application/json' ${urls.ingest}/pulse
  curl ${urls.query}/services/checkout/pulses

Ctrl-C stops it.
`;
}
