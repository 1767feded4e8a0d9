// Who reaches what on a cluster: the NetworkPolicies, the certificates and the tokens of the rendered charts.
import { describe, expect, it } from "vitest";
import { isSkippedWithout } from "../../dashboards/testing/tools.ts";
import { FUNCTIONS } from "../../settings/function-settings.ts";
import { type Manifest, podsOf, render } from "./render.ts";

const inNamespace = (name: string) => ({ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } } });
const PROMETHEUS = {
  ...inNamespace("monitoring"),
  podSelector: { matchLabels: { "app.kubernetes.io/name": "prometheus" } },
};
const EVENTING = inNamespace("knative-eventing");
const SERVING = inNamespace("knative-serving");
/** Pods of functions. */
const functions = (...values: string[]) => ({
  ...inNamespace("default"),
  podSelector: { matchExpressions: [{ key: "serving.knative.dev/service", operator: "In", values }] },
});

/** Whether a selector, with labels and expressions of `In`, selects pods with these labels. */
function selects({ matchLabels = {}, matchExpressions = [] }: Manifest, labels: Record<string, string>): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values }: Manifest) => operator === "In" && values.includes(labels[key]))
  );
}

/** The rules for what comes in, by the name of the NetworkPolicy. */
function rulesOf(chart: string, ...args: string[]): Record<string, unknown> {
  const policies = render(chart, args).filter(({ kind }) => kind === "NetworkPolicy");
  return Object.fromEntries(policies.map(({ metadata, spec }) => [metadata.name, spec.ingress]));
}

describe.skipIf(isSkippedWithout("helm"))("on a cluster", () => {
  it("a pod that is no part of an event's way reaches none of its parts", () => {
    const knative = {
      namespaceSelector: {
        matchExpressions: [
          { key: "kubernetes.io/metadata.name", operator: "In", values: ["knative-serving", "knative-eventing"] },
        ],
      },
    };
    expect(rulesOf("knative")).toEqual({
      // The ports for the outside are open. 8081, that of cluster-local Services, is none of them.
      "cluster-local-gateway": [
        { from: [knative, functions("pulse-query", "pulse-ingest")] },
        { ports: [{ port: 8080 }, { port: 8443 }, { port: 9000 }] },
      ],
      activator: [{ from: [SERVING] }],
      "broker-ingress": [{ from: [EVENTING, functions("pulse-ingest", "pulse-deadletter", "pulse-health")] }],
      "broker-filter": [{ from: [EVENTING] }],
      "channel-dispatcher": [{ from: [EVENTING] }],
    });
  });

  it("Prometheus reaches the metrics of these parts, where it is installed", () => {
    const rules = rulesOf("knative", "--set", "monitoring.enabled=true");
    for (const name of ["activator", "broker-ingress", "broker-filter", "channel-dispatcher"]) {
      expect(rules[name]).toContainEqual({ from: [PROMETHEUS], ports: [{ port: "metrics" }] });
    }
  });

  it("Kafka's way in is guarded as the default one", () => {
    const args = ["-f", "infra/charts/knative/values-durable.yaml", "--set"];
    const rules = rulesOf("knative", ...args, "kafkaBroker.manifests={https://kafka.example/broker.yaml}");
    expect(rules["kafka-broker-ingress"]).toEqual(rules["broker-ingress"]);
  });

  it("only Knative Serving and Prometheus reach the functions", () => {
    const rules = rulesOf("pulsemesh", "--set", "monitoring.enabled=true");
    const ingress = [{ from: [SERVING] }, { from: [PROMETHEUS], ports: [{ port: "user-port" }] }];
    expect(rules).toEqual(Object.fromEntries(FUNCTIONS.map((name) => [name, ingress])));
  });

  it("only Prometheus scrapes Cassandra's nodes", () => {
    expect(rulesOf("cassandra", "--set", "metricsPort=9404").cassandra).toContainEqual({
      from: [PROMETHEUS],
      ports: [{ port: "metrics" }],
    });
  });

  it("those who have a store hold Cassandra's password and reach its port: pulse-ingest, which every sender reaches, does neither", () => {
    const tls = "cassandra.tls.secret=nodes,cassandra.tls.clientCertificate=true";
    const owners = render("pulsemesh", ["--set", tls]).filter(({ spec }) => spec?.template?.spec?.containers);
    const namesOf = (some: Manifest[]) => some.map(({ metadata }) => metadata.name).sort();
    const holders = owners.filter(({ spec }) => /cassandra/i.test(JSON.stringify(spec.template.spec)));
    const stores = FUNCTIONS.filter((name) => name !== "pulse-ingest");
    expect(namesOf(owners)).toEqual([...FUNCTIONS, "pulsemesh-schema"].sort());
    expect(namesOf(holders)).toEqual([...stores, "pulsemesh-schema"].sort());
    const [{ from }] = rulesOf("cassandra").cassandra as Manifest[];
    const reaching = owners.filter(({ spec }) =>
      from.some(({ podSelector }: Manifest) => selects(podSelector, spec.template.metadata.labels)),
    );
    expect(namesOf(reaching)).toEqual(namesOf(holders));
  });

  it("all that connects to Cassandra checks its certificate, and shows one where the nodes ask for it", () => {
    const value = "cassandra.tls.secret=nodes,cassandra.tls.serverName=cassandra.example";
    const clientsIn = (values: string) =>
      podsOf(render("pulsemesh", ["--set", values])).filter(({ name }) => name !== "Service pulse-ingest");
    const settingsWith = (more: string) =>
      clientsIn(`${value}${more}`).map(({ pod }) => {
        const { env, volumeMounts } = pod.containers[0];
        expect(volumeMounts.map(({ mountPath }: Manifest) => mountPath)).toContain("/secrets/cassandra-tls");
        const tls = env.filter(({ name }: Manifest) => /^PULSE_CASSANDRA_(CA|CERT|KEY|TLS)_(FILE|SERVER)/.test(name));
        return Object.fromEntries(tls.map(({ name, value }: Manifest) => [name, value]));
      });
    const authority = {
      PULSE_CASSANDRA_CA_FILE: "/secrets/cassandra-tls/ca.crt",
      PULSE_CASSANDRA_TLS_SERVER_NAME: "cassandra.example",
    };
    const everybody = clientsIn(value);
    expect(settingsWith("")).toEqual(everybody.map(() => authority));
    const own = {
      PULSE_CASSANDRA_CERT_FILE: "/secrets/cassandra-tls/tls.crt",
      PULSE_CASSANDRA_KEY_FILE: "/secrets/cassandra-tls/tls.key",
    };
    expect(settingsWith(",cassandra.tls.clientCertificate=true")).toEqual(
      everybody.map(() => ({ ...authority, ...own })),
    );
  });

  it("nodes of Cassandra take connections in TLS only, unless they are told to take others, and ask clients for certificates where that is wanted", () => {
    const nodeWith = (values: string) => {
      const set = render("cassandra", ["--set", `tls.secret=nodes${values}`]).find(
        ({ kind }) => kind === "StatefulSet",
      );
      const { initContainers, containers, volumes } = set.spec.template.spec;
      for (const { volumeMounts } of [initContainers[0], containers[0]]) {
        expect(volumeMounts).toContainEqual({ name: "tls", mountPath: "/tls", readOnly: true });
      }
      const secret = volumes.find(({ name }: Manifest) => name === "tls")?.secret;
      const env = initContainers[0].env.filter(({ name }: Manifest) => /TLS|CERT/.test(name));
      return [secret.secretName, ...env.map(({ name, value }: Manifest) => `${name}=${value}`)];
    };
    expect(nodeWith("")).toEqual(["nodes", "TLS_IS_OPTIONAL=false", "CLIENT_CERTIFICATES=false"]);
    expect(nodeWith(",tls.isOptional=true")).toEqual(["nodes", "TLS_IS_OPTIONAL=true", "CLIENT_CERTIFICATES=false"]);
    expect(nodeWith(",tls.clientCertificates=true")).toEqual([
      "nodes",
      "TLS_IS_OPTIONAL=false",
      "CLIENT_CERTIFICATES=true",
    ]);
  });

  it("only those who send get a token for the Broker, and its EventPolicy names them", () => {
    const manifests = render("pulsemesh", ["--set", "broker.eventPolicy.enabled=true"]);
    const holders = manifests.filter(({ kind, spec }) => {
      const volumes: Manifest[] = (kind === "Service" && spec.template.spec.volumes) || [];
      const token = volumes.find(({ name }) => name === "broker")?.projected.sources[0].serviceAccountToken;
      if (token === undefined) return false;
      expect(token).toEqual({ path: "token", audience: "eventing.knative.dev/broker/default/pulsemesh" });
      return true;
    });
    const names = holders.map(({ metadata }) => metadata.name).sort();
    expect(names).toEqual(["pulse-deadletter", "pulse-health", "pulse-ingest"]);
    const policy = manifests.find(({ kind }) => kind === "EventPolicy");
    expect(policy.spec.from.map(({ sub }: Manifest) => sub).sort()).toEqual(
      names.map((name) => `system:serviceaccount:default:${name}`),
    );
  });

  it("the Broker of dead letters takes them from the Triggers alone", () => {
    const manifests = render("pulsemesh", ["--set", "broker.eventPolicy.enabled=true,deadLetters.ownBroker=true"]);
    const eventing = { apiVersion: "eventing.knative.dev/v1" };
    const policies = manifests.filter(({ kind }) => kind === "EventPolicy");
    const brokers = manifests.filter(({ kind }) => kind === "Broker").map(({ metadata }) => metadata.name);
    expect(policies.map(({ spec }) => spec.to[0].ref)).toEqual(
      brokers.map((name) => ({ ...eventing, kind: "Broker", name })),
    );
    expect(policies[1].spec.from).toEqual([
      { ref: { ...eventing, kind: "Trigger", name: "persist", namespace: "default" } },
    ]);
  });
});
