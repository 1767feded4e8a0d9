import { durationOf, type Timing } from "./timing.ts";

export interface PrometheusOptions {
  timing: Timing;
  ruleFile: string;
  /** `host:port`. */
  alertmanager: string;
  /** `host:port` by job. Left out: they are read from `targetsFile`. */
  targets?: Readonly<Record<string, string>>;
  /** A file of service discovery, which may change while Prometheus runs. */
  targetsFile?: string;
}

/** Prometheus' configuration outside a cluster. There, the PodMonitor's jobLabel gives the same label `job`. */
export function prometheusConfig({ timing, ruleFile, alertmanager, targets, targetsFile }: PrometheusOptions): object {
  return {
    global: {
      scrape_interval: durationOf(timing.scrapeSeconds),
      scrape_timeout: durationOf(timing.scrapeSeconds),
      evaluation_interval: durationOf(timing.tickSeconds),
    },
    rule_files: [ruleFile],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] },
    scrape_configs: [
      {
        job_name: "pulsemesh",
        ...(targets !== undefined && { static_configs: targetGroups(targets) }),
        ...(targetsFile !== undefined && { file_sd_configs: [{ files: [targetsFile] }] }),
      },
    ],
  };
}

/** Targets with their `job`, as a file of service discovery holds them. */
export function targetGroups(targets: Readonly<Record<string, string>>): object[] {
  return Object.entries(targets).map(([job, address]) => ({ targets: [address], labels: { job } }));
}
