// PulseMesh itself: the functions, their Broker and Triggers.
import type { Construct } from "constructs";
import type { ClusterSettings } from "../settings/cluster-settings.ts";
import { cassandraNodesOf, NAMESPACE } from "./platform-stack.ts";
import { chartValues, ownRelease } from "./release.ts";
import { ADMIN_TOKENS, createStack } from "./stack.ts";

/** The functions' image. */
export interface Image {
  repository: string;
  tag: string;
}

/** The stack of PulseMesh. The page shows newcomers `ingestUrl`, where clients outside the cluster send to. */
export function appStack(scope: Construct, settings: ClusterSettings, image: Image, ingestUrl?: string): void {
  const stack = createStack(scope, "app");
  const replicas = cassandraNodesOf(settings);
  ownRelease(stack, "pulsemesh", {
    namespace: NAMESPACE,
    values: chartValues("pulsemesh", settings, {
      image,
      adminTokensSecret: ADMIN_TOKENS,
      monitoring: { enabled: settings.monitoring !== "none", alertWebhook: settings.alertWebhook ?? "" },
      ...(ingestUrl !== undefined && { functions: { "pulse-query": { env: { PULSE_INGEST_URL: ingestUrl } } } }),
      ...(replicas !== undefined && { cassandra: { replicas } }),
      ...(settings.profile === "durable" && {
        broker: { kafka: { "bootstrap.servers": settings.kafkaBootstrapServers } },
      }),
    }),
  });
}
