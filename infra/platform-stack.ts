// The platform below the functions: Knative, Cassandra, monitoring and logs.
import type { Construct } from "constructs";
import type { ClusterSettings } from "../settings/cluster-settings.ts";
import { observability } from "./observability.ts";
import { chartValues, ownRelease, publicRelease } from "./release.ts";
import { createStack } from "./stack.ts";
import { CHARTS, imageOf, KAFKA_BROKER_MANIFESTS, KNATIVE_VERSION } from "./versions.ts";

/** The namespace of the functions and of Cassandra. */
export const NAMESPACE = "default";

/** The stack of the platform. Another `passwordVersion` lets Terraform give Cassandra's roles their passwords again. */
export function platformStack(scope: Construct, settings: ClusterSettings, passwordVersion?: string): void {
  const { profile, chartDir, registry } = settings;
  const stack = createStack(scope, "platform");
  // First the Prometheus operator: the other charts' PodMonitors need its CRDs.
  const monitoring = observability(stack, settings);
  if (settings.knative === "install") {
    const operator = publicRelease(stack, CHARTS.knativeOperator, chartDir, {
      namespace: "knative-operator",
      values: [OPERATOR_REQUESTS, ...(registry === undefined ? [] : [operatorImages(registry)])],
    });
    ownRelease(stack, "knative", {
      namespace: "knative-operator",
      values: chartValues("knative", settings, {
        version: KNATIVE_VERSION,
        registry: registry ?? "",
        kafkaBroker: { manifests: profile === "durable" ? KAFKA_BROKER_MANIFESTS : [] },
        monitoring: { enabled: settings.monitoring !== "none" },
      }),
      after: [operator, ...monitoring],
    });
  }
  if (settings.cassandra === "install") {
    const nodes = cassandraNodesOf(settings);
    ownRelease(stack, "cassandra", {
      namespace: NAMESPACE,
      values: chartValues("cassandra", settings, {
        image: imageOf("cassandra", registry),
        passwordVersion: passwordVersion ?? "",
        ...(nodes !== undefined && { nodes }),
      }),
    });
  }
}

/** The number of nodes, where the settings override the profile's. */
export function cassandraNodesOf({ cassandraNodes }: ClusterSettings): number | undefined {
  return cassandraNodes === "of the profile" ? undefined : Number(cassandraNodes);
}

// The chart's default, 0.2 CPU, is a tenth of a small machine, for a part that is idle most of the time.
const OPERATOR_REQUESTS = {
  knative_operator: {
    knative_operator: { resources: { requests: { cpu: "20m", memory: "60Mi" } } },
    operator_webhook: { resources: { requests: { cpu: "20m", memory: "60Mi" } } },
  },
};

function operatorImages(registry: string) {
  return {
    knative_operator: {
      knative_operator: { image: `${registry}/knative/operator` },
      operator_webhook: { image: `${registry}/knative/operator-webhook` },
    },
  };
}
