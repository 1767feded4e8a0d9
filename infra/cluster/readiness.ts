import { setTimeout as delay } from "node:timers/promises";
import { type KubernetesObject, list } from "./kubernetes.ts";
import { say } from "./progress.ts";
import { ClusterError } from "./tools.ts";

const TIMEOUT_MS = 600_000;

/** Waits until all objects of these kinds are Ready, and prints each. @throws {ClusterError} naming those that are not */
export async function waitUntilReady(kinds: readonly string[], namespace: string): Promise<void> {
  const deadline = Date.now() + TIMEOUT_MS;
  const done = new Set<string>();
  for (;;) {
    const waiting: string[] = [];
    for (const kind of kinds) {
      for (const object of await list(kind, namespace)) {
        const name = `${kind.split(".")[0]?.replace(/s$/, "")} ${object.metadata.name}`;
        const lack = lackOf(object);
        if (lack !== undefined) waiting.push(`${name}: ${lack}`);
        else if (!done.has(name)) say(`${name} is ready`);
        if (lack === undefined) done.add(name);
      }
    }
    if (waiting.length === 0 && done.size > 0) return;
    if (Date.now() > deadline) {
      throw new ClusterError(
        `Expected all to be ready within ${TIMEOUT_MS / 60_000} min, got these that are not; see \`kubectl describe\`:\n${waiting.join("\n")}`,
      );
    }
    await delay(1000);
  }
}

// A Ready of an older generation does not count. A channel says Ready before its controller has seen a new subscriber, and
// its dispatcher then answers 202 to events that it delivers to nobody.
function lackOf({ metadata, status }: KubernetesObject): string | undefined {
  if (status?.observedGeneration !== metadata.generation) return "its controller has not seen its newest generation";
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  return ready?.status === "True" ? undefined : (ready?.message ?? ready?.reason ?? "no condition yet");
}
