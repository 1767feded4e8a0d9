import { kubectl } from "../../infra/cluster/kubernetes.ts";

const NAME = "kps-kubelet";
const LABELS = { "app.kubernetes.io/name": "kubelet", "k8s-app": "kubelet" };
const PORT = { name: "https-metrics", port: 10_250 };
const CREDENTIALS = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * Lets Prometheus scrape the kubelet with the Service and the ServiceMonitor of kube-prometheus-stack, where a Prometheus
 * operator came without that chart. So the series get the chart's labels.
 */
export async function scrapeKubelet(): Promise<void> {
  const { items } = JSON.parse(await kubectl(["get", "nodes", "-o", "json"]));
  type Node = { metadata: { name: string }; status: { addresses: { type: string; address: string }[] } };
  const addresses = (items as Node[]).map(({ metadata: { name }, status }) => ({
    ip: status.addresses.find(({ type }) => type === "InternalIP")?.address,
    targetRef: { kind: "Node", name },
  }));
  const metadata = { name: NAME, namespace: "kube-system", labels: LABELS };
  const manifests = [
    { apiVersion: "v1", kind: "Service", metadata, spec: { clusterIP: "None", ports: [PORT] } },
    { apiVersion: "v1", kind: "Endpoints", metadata, subsets: [{ addresses, ports: [PORT] }] },
    {
      apiVersion: "monitoring.coreos.com/v1",
      kind: "ServiceMonitor",
      metadata: { name: NAME, namespace: "monitoring" },
      spec: {
        jobLabel: "k8s-app",
        namespaceSelector: { matchNames: [metadata.namespace] },
        selector: { matchLabels: LABELS },
        endpoints: ["/metrics", "/metrics/cadvisor"].map((path) => ({
          port: PORT.name,
          scheme: "https",
          path,
          interval: "10s",
          honorLabels: true,
          trackTimestampsStaleness: true,
          tlsConfig: { caFile: `${CREDENTIALS}/ca.crt`, insecureSkipVerify: true },
          bearerTokenFile: `${CREDENTIALS}/token`,
          relabelings: [{ sourceLabels: ["__metrics_path__"], targetLabel: "metrics_path" }],
          // Drops cgroups that belong to no pod.
          metricRelabelings: [{ sourceLabels: ["id", "pod"], regex: ".+;", action: "drop" }],
        })),
      },
    },
  ];
  await kubectl(["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items: manifests }));
}
