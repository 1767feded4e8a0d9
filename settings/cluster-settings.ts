import { httpUrl, parsedText, text, word } from "./field.ts";
import { type SettingsOf, setting } from "./setting.ts";

// Alertmanager's paths follow this URL, and it stands in Helm's values, where a secret would be readable.
const baseUrl = parsedText("an http:// or https:// URL without a password, query or fragment", (value) => {
  const { origin, pathname, username, password } = httpUrl.parse(value) ?? {};
  const isBase = username === "" && password === "" && !/[?#]/.test(value);
  return isBase ? `${origin}${pathname}`.replace(/\/+$/, "") : undefined;
});

const paths = parsedText("files' paths, separated by commas", (value): readonly string[] => value.split(/[\s,]+/));

/** The settings of `make up`: what is installed, and where its parts come from. */
export const clusterSettings = {
  profile: setting(
    "PROFILE",
    word(["laptop", "durable"], "laptop"),
    "`laptop` installs one of everything, for a single machine. `durable` uses Kafka's broker and three Cassandra nodes, as [production](deploy.md#a-production-cluster) does.",
  ),
  knative: setting("KNATIVE", word(["install", "existing"], "install"), "Whether `make up` installs Knative."),
  cassandra: setting(
    "CASSANDRA",
    word(["install", "existing"], "install"),
    "Whether `make up` installs Cassandra. `existing`: see [deploy.md](deploy.md#leave-parts-out).",
  ),
  cassandraNodes: setting(
    "CASSANDRA_NODES",
    word(["1", "3", "of the profile"], "of the profile"),
    "How many nodes of Cassandra. It can grow from 1 to 3 while Cassandra runs.",
  ),
  kafkaBootstrapServers: setting(
    "KAFKA_BOOTSTRAP_SERVERS",
    text("host:port, separated by commas", "kafka-bootstrap.kafka:9092"),
    "Your Kafka, for the profile `durable`.",
  ),
  monitoring: setting(
    "MONITORING",
    word(["install", "existing", "none"], "install"),
    "Whether `make up` installs kube-prometheus-stack. `existing`: the cluster has another Prometheus operator.",
  ),
  alertWebhook: setting(
    "ALERT_WEBHOOK",
    baseUrl,
    "Where Alertmanager posts PulseMesh's alerts, at `/on-call` and `/working-hours`. Absent: Alertmanager's own configuration decides.",
  ),
  logs: setting("LOGS", word(["install", "none"], "install"), "Whether `make up` installs Loki and Alloy."),
  kindNodeImage: setting(
    "KIND_NODE_IMAGE",
    text("an image's name"),
    "The image of the KIND node. Absent: the pinned one.",
  ),
  kindConfig: setting(
    "KIND_CONFIG",
    text("a file's path", "infra/kind.yaml"),
    "The KIND cluster's configuration. Its node has to map port 31080 to a port of this machine.",
  ),
  imageArchives: setting(
    "IMAGE_ARCHIVES",
    paths,
    "Archives of images (`docker save --platform`, since KIND takes one platform) that `make up` loads into the node before it installs anything.",
  ),
  chartDir: setting(
    "CHART_DIR",
    text("a folder's path"),
    "A folder with the public charts as `<name>-<version>.tgz`, in place of their repositories.",
  ),
  chartValues: setting(
    "CHART_VALUES",
    text("a folder's path"),
    "A folder whose files `cassandra.yaml`, `knative.yaml` and `pulsemesh.yaml`, as far as they are there, override values of these charts.",
  ),
  dockerBuild: setting(
    "DOCKER_BUILD",
    text("a command", "docker build"),
    "The command with which `make image` builds the functions' image into this machine's Docker, such as `docker buildx build --load`.",
  ),
  registry: setting(
    "REGISTRY",
    text("a registry, optionally with a path"),
    "Where the images of KIND's node, Knative, Cassandra and Node come from: `<registry>/kindest/node:…`, `<registry>/knative/…`, `<registry>/cassandra:…`, `<registry>/node:…`. Those of Prometheus, Grafana, Loki, Alloy and Kafka's broker come from their own registries.",
  ),
};

export type ClusterSettings = SettingsOf<typeof clusterSettings>;
