// `make down`: removes the cluster, its files and the functions' images.
import { rm } from "node:fs/promises";
import { CLUSTER, STATE_DIR } from "../stack.ts";
import { run } from "./command.ts";
import { REPOSITORY } from "./image.ts";
import { clusterExists } from "./kind-cluster.ts";
import { say } from "./progress.ts";
import { main, requireTools } from "./tools.ts";

async function down(): Promise<void> {
  requireTools("docker", "kind");
  if (await clusterExists()) {
    say(`deleting the cluster ${CLUSTER}`);
    await run("kind", ["delete", "cluster", "--name", CLUSTER]);
  }
  const listing = await run("docker", ["image", "ls", "--format", "{{.Repository}}:{{.Tag}}", REPOSITORY]);
  const images = listing.split("\n").filter((line) => line !== "");
  if (images.length > 0) {
    say(`removing ${images.length} of the functions' images`);
    await run("docker", ["image", "rm", ...images]);
  }
  await rm(STATE_DIR, { recursive: true, force: true });
  await rm("cdktf.out", { recursive: true, force: true });
  say("nothing is left");
}

await main(down);
