import { durationOf, type Timing } from "./timing.ts";

export interface PrometheusOptions {
  timing: Timing;
  ruleFile: string;
  /** `host:port`. */
  alertmanager: string;
  /** How Prometheus finds its targets, as a scrape configuration says it. */
  discovery: { static_configs: object[] } | { file_sd_configs: object[] };
}

/** Prometheus' configuration outside a cluster. In a cluster the PodMonitor sets the same label `job`. */
export function prometheusConfig({ timing, ruleFile, alertmanager, discovery }: PrometheusOptions): object {
  return {
    global: {
      scrape_interval: durationOf(timing.scrapeSeconds),
      scrape_timeout: durationOf(timing.scrapeSeconds),
      evaluation_interval: durationOf(timing.tickSeconds),
    },
    rule_files: [ruleFile],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] },
    scrape_configs: [{ job_name: "pulsemesh", ...discovery }],
  };
}

/** Targets by `job`, each one or several `host:port`, as a list or a file of service discovery holds them. */
export function targetGroups(targets: Readonly<Record<string, string | string[]>>): object[] {
  return Object.entries(targets).map(([job, addresses]) => ({ targets: [addresses].flat(), labels: { job } }));
}
