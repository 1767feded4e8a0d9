// The KIND cluster, and the images in its only node.
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { ClusterSettings } from "../../settings/cluster-settings.ts";
import { makeOwnFolder } from "../../settings/private-files.ts";
import { CLUSTER, KUBECONFIG, STATE_DIR } from "../stack.ts";
import { imageOf } from "../versions.ts";
import { run, succeeds } from "./command.ts";
import { kubectl } from "./kubernetes.ts";
import { say } from "./progress.ts";
import { ClusterError } from "./tools.ts";

const NODE = `${CLUSTER}-control-plane`;
/** Kourier's NodePort, as in infra/charts/knative/values.yaml. */
const GATEWAY_PORT = 31_080;

export async function clusterExists(): Promise<boolean> {
  return (await run("kind", ["get", "clusters"])).split("\n").includes(CLUSTER);
}

/** Creates the cluster unless it exists. */
export async function createCluster({ kindNodeImage, kindConfig, registry }: ClusterSettings): Promise<void> {
  makeOwnFolder(STATE_DIR);
  if (await clusterExists()) {
    say(`the cluster ${CLUSTER} exists`);
  } else {
    const image = kindNodeImage ?? imageOf("kindNode", registry);
    say(`creating the cluster ${CLUSTER} with ${image}`);
    // In a file of PulseMesh: the user's own kubectl stays with the cluster that it is for.
    const own = ["--kubeconfig", KUBECONFIG];
    await run("kind", ["create", "cluster", "--name", CLUSTER, "--config", kindConfig, "--image", image, ...own]);
  }
  await run("kind", ["export", "kubeconfig", "--name", CLUSTER, "--kubeconfig", KUBECONFIG]);
  await kubectl(["wait", "node", "--all", "--for=condition=Ready", "--timeout=180s"]);
}

/** Loads archives of images into the node, which remembers each archive that it has. */
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

/**
 * Loads images that this machine's Docker has into the node. The node pulls the others, and those with a digest, which an
 * archive of an image does not keep.
 */
export async function loadImages(images: readonly string[]): Promise<void> {
  for (const image of images) {
    if (image.includes("@")) continue;
    if (!(await succeeds("docker", ["image", "inspect", image]))) continue;
    say(`loading ${image}`);
    if (!(await succeeds("kind", ["load", "docker-image", image, "--name", CLUSTER]))) await loadOnePlatform(image);
  }
}

// With its containerd image store, Docker hands out the index of all platforms of a pulled image and has the layers of one:
// `kind load docker-image` then fails with "content digest not found" (kubernetes-sigs/kind#3795).
async function loadOnePlatform(image: string): Promise<void> {
  const platform = await run("docker", ["image", "inspect", "--format", "{{.Os}}/{{.Architecture}}", image]);
  const folder = await mkdtemp(join(tmpdir(), "pulsemesh-image-"));
  const archive = join(folder, "image.tar");
  try {
    await run("docker", ["image", "save", "--platform", platform.trim(), "--output", archive, image]);
    await run("kind", ["load", "image-archive", archive, "--name", CLUSTER]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The port of this machine that leads to Kourier, Knative's gateway. */
export async function gatewayPort(): Promise<string> {
  const mapping = await run("docker", ["port", NODE, `${GATEWAY_PORT}/tcp`]);
  return /:(\d+)\s*$/.exec(mapping)?.[1] ?? "";
}
