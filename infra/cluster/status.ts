// `make status`: the Knative Services, the Broker, its Triggers and Cassandra's ring.
import { spawnSync } from "node:child_process";
import { NAMESPACE } from "../platform-stack.ts";
import { CLUSTER, KUBECONFIG } from "../stack.ts";
import { clusterExists } from "./kind-cluster.ts";
import { kubectl } from "./kubernetes.ts";
import { ClusterError, main, requireTools } from "./tools.ts";

async function status(): Promise<void> {
  requireTools("docker", "kind", "kubectl");
  if (!(await clusterExists())) throw new ClusterError(`Expected the cluster ${CLUSTER}, got none: run \`make up\``);
  console.log(await services());
  console.log(await kubectl(["get", "broker,trigger", "-n", NAMESPACE]));
  console.log(await kubectl(["exec", "cassandra-0", "-n", NAMESPACE, "-c", "cassandra", "--", "nodetool", "status"]));
}

// Knative's own command prints the clearest table, where it is installed.
async function services(): Promise<string> {
  const args = ["--kubeconfig", KUBECONFIG, "service", "list", "-n", NAMESPACE];
  const { status: code, stdout } = spawnSync("kn", args, { encoding: "utf8" });
  return code === 0 ? stdout : await kubectl(["get", "services.serving.knative.dev", "-n", NAMESPACE]);
}

await main(status);
