import { kubectl } from "../../infra/cluster/kubernetes.ts";
import { NAMESPACE } from "../../infra/platform-stack.ts";
import type { Delivery } from "../monitoring.ts";
import { until } from "../platform.ts";
import { openPortForward } from "./port-forward.ts";
import { restrictedPod } from "./restricted-pod.ts";

/** A webhook in the cluster that keeps the alerts that it gets. */
export interface AlertCatcher {
  url: string;
  /** Waits for the first alert of a name. */
  first(name: string): Promise<Delivery>;
  close(): Promise<void>;
}

const NAME = "e2e-alert-catcher";
const PORT = 8080;
const SCRIPT = `const caught = [];
require("node:http").createServer(async (request, response) => {
  if (request.method === "GET") return response.end(JSON.stringify(caught));
  const { alerts } = await new Response(request).json();
  caught.push(...alerts.map((alert) => ({ path: request.url, ...alert })));
  response.end();
}).listen(${PORT});`;

/** Starts the webhook on the functions' image, as a pod with a Service. */
export async function startAlertCatcher(image: string): Promise<AlertCatcher> {
  const metadata = { name: NAME, namespace: NAMESPACE, labels: { e2e: NAME } };
  const spec = restrictedPod({ name: NAME, image, command: ["node", "-e", SCRIPT] });
  const pod = { apiVersion: "v1", kind: "Pod", metadata, spec: { ...spec, terminationGracePeriodSeconds: 0 } };
  const ports = [{ port: PORT }];
  const service = { apiVersion: "v1", kind: "Service", metadata, spec: { selector: metadata.labels, ports } };
  await kubectl(["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items: [pod, service] }));
  await kubectl(["wait", "pod", NAME, "-n", NAMESPACE, "--for=condition=Ready", "--timeout=180s"]);
  const way = await openPortForward(NAMESPACE, `pod/${NAME}`, PORT);
  return {
    url: `http://${NAME}.${NAMESPACE}.svc:${PORT}`,
    async first(name) {
      let alert: Delivery | undefined;
      await until(
        `Alertmanager to have posted ${name}`,
        async () => {
          const caught = (await (await fetch(way.url)).json()) as Delivery[];
          alert = caught.find(({ labels }) => labels.alertname === name);
          return alert !== undefined;
        },
        240_000,
      );
      return alert as Delivery;
    },
    async close() {
      await way.close();
      await kubectl(["delete", "pod,service", NAME, "-n", NAMESPACE]);
    },
  };
}
