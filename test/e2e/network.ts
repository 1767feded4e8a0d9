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
    return (await reachedBy(image, "e2e=silent")).length === 0;
  } finally {
    await kubectl(["delete", "networkpolicy", "e2e-silent", "-n", NAMESPACE]);
  }
}

const EVENTING = "knative-eventing";

/** The guarded doors. pulse-persist and pulse-deadletter share the gateway's port for cluster-local Services. */
export const DOORS = {
  cassandra: { port: 9042, host: `cassandra.${NAMESPACE}` },
  "pulse-persist": { port: 80, host: `pulse-persist.${NAMESPACE}` },
  activator: { port: 80, host: "activator-service.knative-serving" },
  "broker-ingress": { port: 80, host: `broker-ingress.${EVENTING}` },
  "broker-filter": { port: 80, host: `broker-filter.${EVENTING}` },
  "imc-dispatcher": { port: 80, host: `imc-dispatcher.${EVENTING}` },
};

/** The doors to which a pod with these labels gets a connection. */
export async function reachedBy(image: string, labels: string): Promise<string[]> {
  // A network takes some seconds to let a new pod through.
  const script = `const { connect } = require("node:net");
    const isOpenNow = (door) => new Promise((resolve) => {
      const socket = connect(door).on("connect", () => resolve(true)).on("error", () => setTimeout(resolve, 500, false));
      socket.setTimeout(3000, () => socket.destroy(new Error("no answer")));
    });
    const isOpen = async (door) => {
      for (const end = Date.now() + 10_000; Date.now() < end; ) if (await isOpenNow(door)) return true;
      return false;
    };
    const doors = Object.entries(${JSON.stringify(DOORS)});
    Promise.all(doors.map(async ([name, door]) => ((await isOpen(door)) ? name : "")))
      .then((open) => console.log(\`open: \${JSON.stringify(open.filter(Boolean))}\`)).then(() => process.exit());`;
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
    const [, open] = /^open: (.*)$/m.exec(said) ?? [];
    if (open === undefined) throw new Error(`Expected the pod ${name} to say which doors are open, got: ${said}`);
    return JSON.parse(open);
  } finally {
    await kubectl(["delete", "pod", ...pod, "--wait=false"]);
  }
}
