// The pinned version of every part of the cluster.
import { CASSANDRA_IMAGE } from "../settings/cassandra-image.ts";

/** A chart of a public Helm repository. */
export interface PublicChart {
  name: string;
  repository: string;
  version: string;
}

export const KNATIVE_VERSION = "1.23.0";

export const CHARTS = {
  knativeOperator: {
    name: "knative-operator",
    repository: "https://knative.github.io/operator",
    version: "1.23.0",
  },
  prometheusStack: {
    name: "kube-prometheus-stack",
    repository: "https://prometheus-community.github.io/helm-charts",
    version: "88.5.3",
  },
  loki: { name: "loki", repository: "https://grafana-community.github.io/helm-charts", version: "18.11.0" },
  alloy: { name: "alloy", repository: "https://grafana.github.io/helm-charts", version: "1.11.1" },
} as const satisfies Record<string, PublicChart>;

/** The manifests of the Kafka broker, which the operator applies after Eventing's. */
export const KAFKA_BROKER_MANIFESTS = ["controller", "broker"].map(
  (part) =>
    `https://github.com/knative-extensions/eventing-kafka-broker/releases/download/knative-v${KNATIVE_VERSION}/eventing-kafka-${part}.yaml`,
);

/** By tag for the reader and by the digest of the index of all platforms for the machine. */
const IMAGES = {
  /** Kubernetes 1.34 as the node of a KIND cluster, by the digest in the release notes of kind 0.33.0. */
  kindNode: "kindest/node:v1.34.11@sha256:44e222ee2132dab25ff87301682f89eb82c7880ea3a1bf543bfe9708fd08d67d",
  /** Node 24.21.0, the base of the functions' image. */
  node: "node:24-bookworm-slim@sha256:2fe369e969550cde8e867afc3fe370b260140cab4a23d467074295b42163d553",
  cassandra: CASSANDRA_IMAGE,
} as const;

/** The name of a pinned image, in the mirror `registry` if one is given: without a digest, which a copy may not keep. */
export function imageOf(name: keyof typeof IMAGES, registry: string | undefined): string {
  return registry === undefined ? IMAGES[name] : `${registry}/${IMAGES[name].replace(/@.*/, "")}`;
}
