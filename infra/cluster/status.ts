// `make status`: the Knative Services, the Broker, its Triggers and Cassandra's ring, or whose Cassandra it is.
import { spawnSync } from "node:child_process";
import { NAMESPACE } from "../platform-stack.ts";
import { CLUSTER, KUBECONFIG } from "../stack.ts";
import { clusterExists } from "./kind-cluster.ts";
import { kubectl } from "./kubernetes.ts";
import { ringSize } from "./ring.ts";
import { ClusterError, main, requireTools } from "./tools.ts";

async function status(): Promise<void> {
  requireTools("docker", "kind", "kubectl");
  if (!(await clusterExists())) throw new ClusterError(`Expected the cluster ${CLUSTER}, got none: run \`make up\``);
  console.log(await services());
  console.log(await kubectl(["get", "broker,trigger", "-n", NAMESPACE]));
  console.log((await ringSize(NAMESPACE)) > 0 ? await ring() : await foreignCassandra());
}

function ring(): Promise<string> {
  return kubectl(["exec", "cassandra-0", "-n", NAMESPACE, "-c", "cassandra", "--", "nodetool", "status"]);
}

// With CASSANDRA=existing. Its pods may be anywhere: all that is known here is what the functions are told.
async function foreignCassandra(): Promise<string> {
  const path = '{.spec.template.spec.containers[0].env[?(@.name=="PULSE_CASSANDRA_CONTACT_POINTS")].value}';
  const persist = ["services.serving.knative.dev", "pulse-persist", "-n", NAMESPACE];
  const contactPoints = await kubectl(["get", ...persist, "-o", `jsonpath=${path}`]);
  return `The functions run in the namespace ${NAMESPACE} of the cluster ${CLUSTER}, which has no Cassandra of \`make up\`: they reach somebody else's at ${contactPoints}. Who runs that one can show its ring.`;
}

// Knative's own command prints the clearest table, where it is installed.
async function services(): Promise<string> {
  const args = ["--kubeconfig", KUBECONFIG, "service", "list", "-n", NAMESPACE];
  const { status: code, stdout } = spawnSync("kn", args, { encoding: "utf8" });
  return code === 0 ? stdout : await kubectl(["get", "services.serving.knative.dev", "-n", NAMESPACE]);
}

await main(status);
