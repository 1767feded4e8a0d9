import { kubectl } from "./kubernetes.ts";
import { say } from "./progress.ts";

/** The number of Cassandra's nodes, 0 without Cassandra. */
export async function ringSize(namespace: string): Promise<number> {
  const args = ["get", "statefulset", "cassandra", "-n", namespace, "--ignore-not-found"];
  return Number(await kubectl([...args, "-o", "jsonpath={.spec.replicas}"]));
}

/** Copies a keyspace to nodes that were added. Until then a read at a quorum may miss rows. */
export async function spreadReplicas(namespace: string, keyspace: string, nodes: number): Promise<void> {
  for (let i = 0; i < nodes; i++) {
    say(`cassandra-${i} repairs ${keyspace}`);
    const exec = ["exec", `cassandra-${i}`, "-n", namespace, "-c", "cassandra", "--"];
    await kubectl([...exec, "nodetool", "repair", "--full", keyspace]);
  }
}
