// The KIND cluster and the images in its one node.
import { mkdir, stat } from "node:fs/promises";
import { basename } from "node:path";
import type { ClusterSettings } from "../../settings/cluster-settings.ts";
import { CLUSTER, KUBECONFIG, STATE_DIR } from "../stack.ts";
import { IMAGES } from "../versions.ts";
import { run, succeeds } from "./command.ts";
import { kubectl } from "./kubernetes.ts";
import { say } from "./progress.ts";
import { ClusterError } from "./tools.ts";

const NODE = `${CLUSTER}-control-plane`;
/** Kourier's NodePort, as infra/charts/knative/values.yaml has it. */
const GATEWAY_PORT = 31_080;

export async function clusterExists(): Promise<boolean> {
  return (await run("kind", ["get", "clusters"])).split("\n").includes(CLUSTER);
}

/** Creates the cluster when it is not there. */
export async function createCluster({ kindNodeImage, kindConfig, registry }: ClusterSettings): Promise<void> {
  await mkdir(STATE_DIR, { recursive: true });
  if (await clusterExists()) {
    say(`the cluster ${CLUSTER} is there`);
  } else {
    const image = kindNodeImage ?? (registry === undefined ? IMAGES.kindNode : `${registry}/${IMAGES.kindNode}`);
    say(`creating the cluster ${CLUSTER} with ${image}`);
    await run("kind", ["create", "cluster", "--name", CLUSTER, "--config", kindConfig, "--image", image]);
  }
  await run("kind", ["export", "kubeconfig", "--name", CLUSTER, "--kubeconfig", KUBECONFIG]);
  await kubectl(["wait", "node", "--all", "--for=condition=Ready", "--timeout=180s"]);
}

/** Loads archives of images that were not loaded yet: the node keeps a mark of each. */
export async function loadArchives(archives: readonly string[]): Promise<void> {
  for (const archive of archives) {
    const { size, mtimeMs } = await stat(archive).catch(() => {
      throw new ClusterError(`IMAGE_ARCHIVES: Expected an archive of images, got nothing at ${archive}`);
    });
    const mark = `/kind/loaded-${basename(archive)}-${size}-${Math.round(mtimeMs)}`;
    if (await succeeds("docker", ["exec", NODE, "test", "-e", mark])) continue;
    say(`loading ${archive}`);
    await run("kind", ["load", "image-archive", archive, "--name", CLUSTER]);
    await run("docker", ["exec", NODE, "touch", mark]);
  }
}

/** Puts images that this machine's Docker has into the node, which pulls the others itself. */
export async function loadImages(images: readonly string[]): Promise<void> {
  for (const image of images) {
    if (!(await succeeds("docker", ["image", "inspect", image]))) continue;
    say(`loading ${image}`);
    await run("kind", ["load", "docker-image", image, "--name", CLUSTER]);
  }
}

/** The port of this machine that leads to Kourier. */
export async function gatewayPort(): Promise<string> {
  const mapping = await run("docker", ["port", NODE, `${GATEWAY_PORT}/tcp`]);
  return /:(\d+)\s*$/.exec(mapping)?.[1] ?? "";
}
