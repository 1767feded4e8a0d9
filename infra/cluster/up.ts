// `make up`: PulseMesh on a KIND cluster. Parts that are as they should be do not change.
import { readClusterSettings } from "../../settings/read.ts";
import { synthesize } from "../main.ts";
import { NAMESPACE } from "../platform-stack.ts";
import { imageOf } from "../versions.ts";
import { buildImage } from "./image.ts";
import { createCluster, gatewayPort, loadArchives, loadImages } from "./kind-cluster.ts";
import { knativeUrl, kubectl } from "./kubernetes.ts";
import { ensureAdminToken, ensureGrafanaPassword, ensurePasswords } from "./passwords.ts";
import { say } from "./progress.ts";
import { waitUntilReady } from "./readiness.ts";
import { ringSize, spreadReplicas } from "./ring.ts";
import { apply, forgetInterrupted } from "./terraform.ts";
import { main, requireTools } from "./tools.ts";

/** The kinds that must be Ready. The default Broker keeps its events in a channel. */
const KINDS = [
  "services.serving.knative.dev",
  "brokers.eventing.knative.dev",
  "triggers.eventing.knative.dev",
  "inmemorychannels.messaging.knative.dev",
];

async function up(): Promise<void> {
  requireTools("docker", "kind", "kubectl", "terraform");
  const settings = readClusterSettings(process.env);
  const image = await buildImage(settings);
  await createCluster(settings);
  await loadArchives(settings.imageArchives ?? []);
  const cassandra = settings.cassandra === "install" ? [imageOf("cassandra", settings.registry)] : [];
  await loadImages([`${image.repository}:${image.tag}`, ...cassandra]);
  const port = await gatewayPort();
  // Kubernetes refuses pods here that do not keep to the strictest of its Pod Security Standards.
  await kubectl(["label", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce=restricted", "--overwrite"]);
  const passwordVersion = await ensurePasswords(NAMESPACE);
  await ensureAdminToken(NAMESPACE);
  const ingestUrl = `http://pulse-ingest.${NAMESPACE}.localhost:${port}`;
  synthesize({ settings, image, ingestUrl, passwordVersion });
  if (settings.monitoring === "install") await ensureGrafanaPassword();
  await forgetInterrupted();
  const nodesBefore = await ringSize(NAMESPACE);
  await apply("platform");
  if (settings.knative === "install") {
    await waitUntilReady(["knativeservings.operator.knative.dev"], "knative-serving");
    await waitUntilReady(["knativeeventings.operator.knative.dev"], "knative-eventing");
  }
  await apply("app");
  const nodes = await ringSize(NAMESPACE);
  if (nodesBefore > 0 && nodes > nodesBefore) await spreadReplicas(NAMESPACE, "pulsemesh", nodes);
  await waitUntilReady(KINDS, NAMESPACE);
  const ingest = `${await knativeUrl("pulse-ingest", NAMESPACE)}:${port}`;
  const query = `${await knativeUrl("pulse-query", NAMESPACE)}:${port}`;
  say("PulseMesh is up");
  console.log(`
  send to    ${ingest}/pulse
  read from  ${query}

Try:
  curl -d '{"service_name":"checkout","latency_ms":12.5,"status":"ok"}' -H 'content-type: application/json' ${ingest}/pulse
  curl ${query}/services
  make status`);
}

await main(up);
