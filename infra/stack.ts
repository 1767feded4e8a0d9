import { join, resolve } from "node:path";
import { HelmProvider } from "@cdktf/provider-helm/lib/provider/index.js";
import { TerraformBackend, type TerraformRemoteState, TerraformStack } from "cdktf";
import type { Construct } from "constructs";

/** The name of the KIND cluster, as in infra/kind.yaml. */
export const CLUSTER = "pulsemesh";
/** Where `make up` keeps its files. */
export const STATE_DIR = resolve(".pulsemesh/cluster");
/** A separate configuration for kubectl: the user's may point to another cluster at any time. */
export const KUBECONFIG = join(STATE_DIR, "kubeconfig");

/** A stack of Helm releases on the cluster. */
export function createStack(scope: Construct, name: string): TerraformStack {
  const stack = new TerraformStack(scope, name);
  new KubernetesBackend(stack, name);
  new HelmProvider(stack, "helm", { kubernetes: { configPath: KUBECONFIG } });
  return stack;
}

/** Keeps a stack's state in the cluster that it describes, so that both go together. */
class KubernetesBackend extends TerraformBackend {
  readonly #stack: string;

  constructor(scope: Construct, stack: string) {
    super(scope, "backend", "kubernetes");
    this.#stack = stack;
  }

  protected override synthesizeAttributes() {
    return { secret_suffix: this.#stack, namespace: "kube-system", config_path: KUBECONFIG };
  }

  override getRemoteStateDataSource(): TerraformRemoteState {
    throw new Error("Expected no stack to read another one's state");
  }
}
