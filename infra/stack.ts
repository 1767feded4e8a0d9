import { join, resolve } from "node:path";
import { HelmProvider } from "@cdktf/provider-helm/lib/provider/index.js";
import { TerraformStack } from "cdktf";
import type { Construct } from "constructs";

/** The name of the KIND cluster, as in infra/kind.yaml. */
export const CLUSTER = "pulsemesh";
/** Where `make up` keeps its files. */
export const STATE_DIR = resolve(".pulsemesh/cluster");
/** A separate configuration for kubectl: the user's may point to another cluster at any time. */
export const KUBECONFIG = join(STATE_DIR, "kubeconfig");
/** The Secret with the token that may replay dead letters. */
export const ADMIN_TOKENS = "admin-tokens";

/** A stack of Helm releases on the cluster. */
export function createStack(scope: Construct, name: string): TerraformStack {
  const stack = new TerraformStack(scope, name);
  // The cluster keeps the state of the stack that describes it, so that both go together. cdktf's default is `local`.
  const kubernetes = { secret_suffix: name, namespace: "kube-system", config_path: KUBECONFIG };
  stack.addOverride("terraform.backend", { kubernetes, local: undefined });
  new HelmProvider(stack, "helm", { kubernetes: { configPath: KUBECONFIG } });
  return stack;
}
