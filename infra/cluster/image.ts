import type { ClusterSettings } from "../../settings/cluster-settings.ts";
import type { Image } from "../app-stack.ts";
import { imageOf } from "../versions.ts";
import { run } from "./command.ts";
import { say } from "./progress.ts";

/** The repository of the functions' images. Knative asks no registry about tags of dev.local. */
export const REPOSITORY = "dev.local/pulsemesh";

/** Builds the functions' image. The tag depends on the content, so that an equal image changes nothing. */
export async function buildImage({ registry, dockerBuild }: ClusterSettings): Promise<Image> {
  const latest = `${REPOSITORY}:latest`;
  say("building the image");
  const [command = "", ...args] = dockerBuild.split(/\s+/);
  await run(command, [...args, "--build-arg", `NODE_IMAGE=${imageOf("node", registry)}`, "--tag", latest, "."]);
  const id = await run("docker", ["image", "inspect", "--format", "{{.Id}}", latest]);
  const tag = id.replace("sha256:", "").slice(0, 12);
  await run("docker", ["tag", latest, `${REPOSITORY}:${tag}`]);
  say(`built ${REPOSITORY}:${tag}`);
  return { repository: REPOSITORY, tag };
}
