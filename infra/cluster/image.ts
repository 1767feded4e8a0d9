import { imageOf } from "../images.ts";
import { run } from "./command.ts";
import { say } from "./progress.ts";

/** Of the functions' images; Knative asks no registry for the tags of dev.local. */
export const REPOSITORY = "dev.local/pulsemesh";

/** Builds the functions' image and gives its name, whose tag is made of its content. */
export async function buildImage(registry: string | undefined): Promise<{ repository: string; tag: string }> {
  say("building the image");
  const [command = "docker", ...args] = (process.env.DOCKER_BUILD || "docker build").split(" ");
  const latest = `${REPOSITORY}:latest`;
  await run(command, [...args, "--build-arg", `NODE_IMAGE=${imageOf("node", registry)}`, "--tag", latest, "."]);
  const id = (await run("docker", ["image", "inspect", "--format", "{{.Id}}", latest])).trim();
  const tag = id.replace("sha256:", "").slice(0, 12);
  await run("docker", ["tag", latest, `${REPOSITORY}:${tag}`]);
  say(`built ${REPOSITORY}:${tag}`);
  return { repository: REPOSITORY, tag };
}
