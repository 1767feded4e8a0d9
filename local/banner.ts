import { relative, resolve } from "node:path";
import type { LocalSettings } from "../settings/local-settings.ts";
import { urlsOf } from "./plan.ts";

/** The text for a person once everything runs: the addresses, and commands to try. */
export function bannerOf(settings: LocalSettings, cwd: string): string {
  const urls = urlsOf(settings);
  const pulse = '{"service_name":"checkout","latency_ms":12.5,"status":"ok"}';
  return `
PulseMesh runs.

  send pulses    POST ${urls.ingest}/pulse
  read them      ${urls.query}/   (a page; GET /services, /services/{service}/pulses, /live)
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
