import { KUBECONFIG } from "../stack.ts";
import { run, succeeds } from "./command.ts";

/** Runs kubectl on this project's cluster, not on the user's current context. */
export function kubectl(args: readonly string[], input?: string): Promise<string> {
  return run("kubectl", ["--kubeconfig", KUBECONFIG, ...args], input === undefined ? {} : { input });
}

export function kubectlSucceeds(args: readonly string[]): Promise<boolean> {
  return succeeds("kubectl", ["--kubeconfig", KUBECONFIG, ...args]);
}

/** The API objects of a kind. */
export async function list(kind: string, namespace: string): Promise<KubernetesObject[]> {
  return JSON.parse(await kubectl(["get", kind, "-n", namespace, "-o", "json"])).items;
}

/** The URL of a Knative Service. */
export function knativeUrl(service: string, namespace: string): Promise<string> {
  const path = "jsonpath={.status.url}";
  return kubectl(["get", "services.serving.knative.dev", service, "-n", namespace, "-o", path]);
}

export interface KubernetesObject {
  metadata: { name: string; generation?: number };
  status?: {
    observedGeneration?: number;
    conditions?: { type: string; status: string; reason?: string; message?: string }[];
    url?: string;
  };
}
