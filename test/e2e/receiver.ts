import type { IncomingHttpHeaders } from "node:http";
import { kubectl } from "../../infra/cluster/kubernetes.ts";
import { NAMESPACE } from "../../infra/platform-stack.ts";
import { openPortForward } from "./port-forward.ts";
import { restrictedPod } from "./restricted-pod.ts";

/** A request to a webhook. */
export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A webhook in the cluster that keeps all that it gets, and answers 200 with an empty body. */
export interface Receiver {
  url: string;
  /** What it got so far, oldest first. */
  received(): Promise<Received[]>;
  close(): Promise<void>;
}

const PORT = 8080;
const SCRIPT = `const received = [];
require("node:http").createServer(async (request, response) => {
  if (request.method === "GET") return response.end(JSON.stringify(received));
  const { url: path, headers } = request;
  received.push({ path, headers, body: await new Response(request).text() });
  response.end();
}).listen(${PORT});`;

/** Starts a webhook on the functions' image, as a pod with a Service. */
export async function startReceiver(name: string, image: string): Promise<Receiver> {
  const metadata = { name, namespace: NAMESPACE, labels: { e2e: name } };
  const spec = restrictedPod({ name, image, command: ["node", "-e", SCRIPT] });
  const pod = { apiVersion: "v1", kind: "Pod", metadata, spec: { ...spec, terminationGracePeriodSeconds: 0 } };
  const ports = [{ port: PORT }];
  const service = { apiVersion: "v1", kind: "Service", metadata, spec: { selector: metadata.labels, ports } };
  await kubectl(["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items: [pod, service] }));
  await kubectl(["wait", "pod", name, "-n", NAMESPACE, "--for=condition=Ready", "--timeout=180s"]);
  const way = await openPortForward(NAMESPACE, `pod/${name}`, PORT);
  return {
    url: `http://${name}.${NAMESPACE}.svc:${PORT}`,
    received: async () => (await (await fetch(way.url)).json()) as Received[],
    async close() {
      await way.close();
      await kubectl(["delete", "pod,service", name, "-n", NAMESPACE]);
    },
  };
}
