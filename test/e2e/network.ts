import { randomUUID } from "node:crypto";
import { kubectl } from "../../infra/cluster/kubernetes.ts";
import { NAMESPACE } from "../../infra/platform-stack.ts";
import { restrictedPod } from "./restricted-pod.ts";

/** Whether the cluster enforces NetworkPolicies: without that, a pod that may send nothing reaches Cassandra. */
export async function enforcesNetworkPolicies(image: string): Promise<boolean> {
  const policy = {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: "e2e-silent", namespace: NAMESPACE },
    spec: { podSelector: { matchLabels: { e2e: "silent" } }, policyTypes: ["Egress"], egress: [] },
  };
  await kubectl(["apply", "-f", "-"], JSON.stringify(policy));
  try {
    return !(await reaches("cassandra", image, "e2e=silent"));
  } finally {
    await kubectl(["delete", "networkpolicy", "e2e-silent", "-n", NAMESPACE]);
  }
}

/** The restricted targets: Cassandra's port, and the gateway's port for cluster-local Services. */
const TARGETS = { cassandra: `9042, "cassandra.${NAMESPACE}"`, "pulse-persist": `80, "pulse-persist.${NAMESPACE}"` };

/** Whether a pod with these labels gets a connection to a target. */
export async function reaches(target: keyof typeof TARGETS, image: string, labels: string): Promise<boolean> {
  const script = `const s = require("net").connect(${TARGETS[target]});
    const end = (word) => { console.log(word); process.exit(); };
    s.on("connect", () => end("open")); s.on("error", () => end("closed")); setTimeout(() => end("closed"), 5000);`;
  const name = `e2e-probe-${randomUUID().slice(0, 8)}`;
  const overrides = { apiVersion: "v1", spec: restrictedPod({ name, image, command: ["node", "-e", script] }) };
  const pod = [name, "-n", NAMESPACE];
  await kubectl([
    "run",
    ...pod,
    "--image",
    image,
    "--labels",
    labels,
    "--restart=Never",
    "--overrides",
    JSON.stringify(overrides),
  ]);
  try {
    // Reads the log, because `run -i` would lose what the pod prints at once.
    await kubectl(["wait", "pod", ...pod, "--for=jsonpath={.status.phase}=Succeeded", "--timeout=180s"]);
    const said = await kubectl(["logs", ...pod]);
    if (!/open|closed/.test(said)) throw new Error(`Expected the pod ${name} to say open or closed, got: ${said}`);
    return said.includes("open");
  } finally {
    await kubectl(["delete", "pod", ...pod, "--wait=false"]);
  }
}
