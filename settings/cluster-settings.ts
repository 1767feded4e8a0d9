import { choice, httpUrl, readSettings, type Setting, SettingsError, type SettingsOf, text } from "./setting.ts";

/** The settings of `make up`: what is installed, and where its parts come from. */
export const clusterSettings = {
  profile: choice("PROFILE", {
    values: ["laptop", "durable"],
    fallback: "laptop",
    doc: "`make up`: one of everything for a machine; or Kafka's broker and three Cassandra nodes, for production.",
  }),
  knative: choice("KNATIVE", {
    values: ["install", "existing"],
    fallback: "install",
    doc: "`make up`: whether Knative is installed.",
  }),
  cassandra: choice("CASSANDRA", {
    values: ["install", "existing"],
    fallback: "install",
    doc: "`make up`: whether Cassandra is installed.",
  }),
  cassandraNodes: choice("CASSANDRA_NODES", {
    values: ["1", "3", "of the profile"],
    fallback: "of the profile",
    doc: "`make up`: how many nodes of Cassandra; from 1 to 3 while it runs, too.",
  }),
  kafkaBootstrapServers: text("KAFKA_BOOTSTRAP_SERVERS", {
    fallback: "kafka-bootstrap.kafka:9092",
    expectation: "host:port, separated by commas",
    doc: "`make up`, profile durable: your Kafka.",
  }),
  monitoring: choice("MONITORING", {
    values: ["install", "existing", "none"],
    fallback: "install",
    doc: "`make up`: whether kube-prometheus-stack is installed; `existing`: another Prometheus operator is there already.",
  }),
  alertWebhook: baseUrl("ALERT_WEBHOOK", {
    doc: "`make up`: where Alertmanager posts PulseMesh's alerts to, at `/on-call` and `/working-hours`. Absent: its own configuration says where they go.",
  }),
  logs: choice("LOGS", {
    values: ["install", "none"],
    fallback: "install",
    doc: "`make up`: whether Loki and Alloy are installed.",
  }),
  kindNodeImage: text("KIND_NODE_IMAGE", {
    expectation: "an image's name",
    doc: "`make up`: the image of the KIND node instead of the pinned one.",
  }),
  kindConfig: text("KIND_CONFIG", {
    fallback: "infra/kind.yaml",
    expectation: "a file's path",
    doc: "`make up`: the KIND cluster's configuration; its node has to map port 31080 to a port of this machine.",
  }),
  imageArchives: paths("IMAGE_ARCHIVES", {
    doc: "`make up`: archives of images (`docker save`) that are loaded into the node before anything is installed.",
  }),
  chartDir: text("CHART_DIR", {
    expectation: "a folder's path",
    doc: "`make up`: a folder with the public charts as `<name>-<version>.tgz`, in place of their repositories.",
  }),
  dockerBuild: text("DOCKER_BUILD", {
    fallback: "docker build",
    expectation: "a command",
    doc: "`make image`: what builds the functions' image into this machine's Docker, such as `docker buildx build --load`.",
  }),
  registry: text("REGISTRY", {
    expectation: "a registry, optionally with a path",
    doc: "`make up`: where all images come from: `<registry>/cassandra:…`, `<registry>/node:…`, `<registry>/knative/…`.",
  }),
};

export type ClusterSettings = SettingsOf<typeof clusterSettings>;

/** Reads them. @throws {SettingsError} for a wrong one, and for two that do not go together. */
export function readClusterSettings(env: NodeJS.ProcessEnv): ClusterSettings {
  const settings = readSettings(clusterSettings, env);
  if (settings.alertWebhook !== undefined && settings.monitoring === "none") {
    throw new SettingsError(
      "ALERT_WEBHOOK: Expected MONITORING=install or MONITORING=existing with it, got none: nothing would send the alerts",
    );
  }
  return settings;
}

// Paths are put behind it, and it stands in Helm's values, which are no place for a secret.
function baseUrl(variable: string, { doc }: { doc: string }): Setting<string | undefined> {
  const url = httpUrl(variable, { doc });
  return {
    ...url,
    expectation: "an http:// or https:// URL without a password, query or fragment",
    fallback: undefined,
    parse(value) {
      const { origin, pathname, username, password } = url.parse(value) ?? {};
      const isBase = username === "" && password === "" && !/[?#]/.test(value);
      return isBase ? `${origin}${pathname}`.replace(/\/+$/, "") : undefined;
    },
  };
}

function paths(variable: string, { doc }: { doc: string }): Setting<readonly string[] | undefined> {
  const parse = (value: string) => value.split(/[\s,]+/);
  return {
    variable,
    expectation: "files' paths, separated by commas",
    defaultText: undefined,
    doc,
    fallback: undefined,
    parse,
  };
}
