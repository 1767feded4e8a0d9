import { run } from "../../infra/cluster/command.ts";
import { loadImages } from "../../infra/cluster/kind-cluster.ts";
import { kubectl } from "../../infra/cluster/kubernetes.ts";
import { waitUntilReady } from "../../infra/cluster/readiness.ts";
import { apply } from "../../infra/cluster/terraform.ts";
import { synthesize } from "../../infra/main.ts";
import { NAMESPACE } from "../../infra/platform-stack.ts";
import type { FunctionName } from "../../settings/function-settings.ts";
import { readClusterSettings } from "../../settings/read.ts";
import { until } from "../platform.ts";
import { selectorOf } from "./world.ts";

/** Rolls out an image with other content as `make up` does, and waits until only its pods are left. */
export async function rollOutAnotherImage(): Promise<{ before: string; after: string }> {
  const before = await imageOf("pulse-ingest");
  const [repository = "", tag = ""] = before.split(/:(?=[^:/]*$)/);
  const image = { repository, tag: `${tag}-next` };
  const after = `${image.repository}:${image.tag}`;
  const dockerfile = `FROM ${before}\nLABEL pulsemesh.build=next\n`;
  await run("docker", ["build", "--quiet", "--tag", after, "-"], { input: dockerfile });
  await loadImages([after]);
  synthesize({ settings: readClusterSettings({ ...process.env, MONITORING: "none" }), image });
  await apply("app");
  await waitUntilReady(["services.serving.knative.dev"], NAMESPACE);
  await until(
    "the old pods to be gone",
    async () => {
      const images = await kubectl([
        "get",
        "pods",
        "-n",
        NAMESPACE,
        "-l",
        selectorOf("pulse-ingest"),
        "-o",
        'jsonpath={.items[*].spec.containers[?(@.name=="user-container")].image}',
      ]);
      return images.split(" ").every((name) => name === after);
    },
    240_000,
  );
  return { before, after: await imageOf("pulse-ingest") };
}

/** Waits until no pod of an older revision is left, not even one that is shutting down. */
export async function untilOnlyNewest(): Promise<void> {
  const namesOf = async (what: string, path: string) =>
    new Set((await kubectl(["get", what, "-n", NAMESPACE, "-o", `jsonpath={.items[*]${path}}`])).split(" "));
  const newest = await namesOf("services.serving.knative.dev", ".status.latestReadyRevisionName");
  await until(
    "only pods of the newest revisions",
    async () => (await namesOf("pods", ".metadata.labels.serving\\.knative\\.dev/revision")).isSubsetOf(newest),
    400_000,
  );
}

/** The image of a function's pods. */
export function imageOf(name: FunctionName): Promise<string> {
  const path = "jsonpath={.spec.template.spec.containers[0].image}";
  return kubectl(["get", "services.serving.knative.dev", name, "-n", NAMESPACE, "-o", path]);
}
