import { join, resolve } from "node:path";
import { HelmProvider } from "@cdktf/provider-helm/lib/provider/index.js";
import { LocalBackend, TerraformStack } from "cdktf";
import type { Construct } from "constructs";

/** The KIND cluster's name, and of its context in kubectl's configuration. */
export const CLUSTER = "pulsemesh";
export const CONTEXT = `kind-${CLUSTER}`;
/** Where Terraform's state is: outside of what synthesis writes anew. */
export const STATE_DIR = resolve(".pulsemesh/cluster");
/** The cluster's own configuration of kubectl: the user's may point to another cluster at any time. */
export const KUBECONFIG = join(STATE_DIR, "kubeconfig");

/** A stack of Helm releases on the cluster. */
export function createStack(scope: Construct, name: string): TerraformStack {
  const stack = new TerraformStack(scope, name);
  new LocalBackend(stack, { path: join(STATE_DIR, `${name}.tfstate`) });
  new HelmProvider(stack, "helm", {
    kubernetes: { configPath: KUBECONFIG, configContext: CONTEXT },
  });
  return stack;
}
