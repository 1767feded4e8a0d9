// Prometheus, Alertmanager and Grafana; Loki, and Alloy, which sends the functions' log lines to Loki.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Release } from "@cdktf/provider-helm/lib/release/index.js";
import type { TerraformStack } from "cdktf";
import type { ClusterSettings } from "../settings/cluster-settings.ts";
import { publicRelease } from "./release.ts";
import { CHARTS } from "./versions.ts";

const NAMESPACE = "monitoring";
const LOKI_URL = `http://loki.${NAMESPACE}.svc:3100`;
const ALLOY_CONFIG = resolve(import.meta.dirname, "../dashboards/logs.alloy");

/** The releases of those that the settings ask for. */
export function observability(stack: TerraformStack, { chartDir, ...settings }: ClusterSettings): Release[] {
  const releases: Release[] = [];
  if (settings.monitoring === "install") {
    const values = [prometheusValues(settings.logs === "install")];
    releases.push(publicRelease(stack, CHARTS.prometheusStack, chartDir, { namespace: NAMESPACE, values }));
  }
  if (settings.logs === "install") {
    const loki = publicRelease(stack, CHARTS.loki, chartDir, { namespace: NAMESPACE, values: [LOKI_VALUES] });
    publicRelease(stack, CHARTS.alloy, chartDir, { namespace: NAMESPACE, values: [alloyValues()], after: [loki] });
  }
  return releases;
}

function prometheusValues(hasLoki: boolean): object {
  return {
    fullnameOverride: "kps",
    prometheus: {
      prometheusSpec: {
        // Without these, Prometheus would ignore monitors and rules that this release did not make.
        podMonitorSelectorNilUsesHelmValues: false,
        serviceMonitorSelectorNilUsesHelmValues: false,
        ruleSelectorNilUsesHelmValues: false,
        retention: "15d",
      },
    },
    grafana: {
      // `make up` makes this Secret.
      admin: { existingSecret: "grafana-admin" },
      sidecar: { dashboards: { label: "grafana_dashboard", searchNamespace: "ALL" } },
      additionalDataSources: hasLoki
        ? [{ name: "Loki", uid: "loki", type: "loki", access: "proxy", url: LOKI_URL }]
        : [],
    },
  };
}

// One process with its files on a volume, for one machine. At scale Loki needs object storage.
const LOKI_VALUES = {
  deploymentMode: "Monolithic",
  loki: {
    auth_enabled: false,
    commonConfig: { replication_factor: 1 },
    storage: { type: "filesystem" },
    schemaConfig: {
      configs: [
        {
          from: "2026-01-01",
          store: "tsdb",
          object_store: "filesystem",
          schema: "v13",
          index: { prefix: "index_", period: "24h" },
        },
      ],
    },
  },
  singleBinary: { replicas: 1 },
  read: { replicas: 0 },
  write: { replicas: 0 },
  backend: { replicas: 0 },
  chunksCache: { enabled: false },
  resultsCache: { enabled: false },
  lokiCanary: { enabled: false },
  test: { enabled: false },
  gateway: { enabled: false },
};

function alloyValues(): object {
  return {
    alloy: {
      configMap: { content: readFileSync(ALLOY_CONFIG, "utf8") },
      extraEnv: [{ name: "LOKI_URL", value: `${LOKI_URL}/loki/api/v1/push` }],
    },
  };
}
