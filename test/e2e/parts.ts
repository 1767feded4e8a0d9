import { expect } from "vitest";
import { run } from "../../infra/cluster/command.ts";
import { kubectl } from "../../infra/cluster/kubernetes.ts";
import { imageOf as pinnedImage } from "../../infra/images.ts";
import { NAMESPACE } from "../../infra/platform-stack.ts";
import { readClusterSettings } from "../../settings/read.ts";
import { imageOf } from "./rollout.ts";

const MAX_BYTES_OVER_NODE = 10_000_000;

/** The functions' image adds 10 MB at most to Node's, which every node of a cluster has once. */
export async function expectSmallImage(): Promise<void> {
  const { registry } = readClusterSettings(process.env);
  const sizes = [
    "image",
    "inspect",
    "--format",
    "{{.Size}}",
    await imageOf("pulse-ingest"),
    pinnedImage("node", registry),
  ];
  const [ours = 0, base = 0] = (await run("docker", sizes)).split("\n").map(Number);
  console.log(`the image is ${((ours - base) / 1e6).toFixed(2)} MB larger than Node's`);
  expect(ours).toBeGreaterThan(base);
  expect(ours - base).toBeLessThan(MAX_BYTES_OVER_NODE);
}

/**
 * By what Cassandra's container logs at its start: a single node answers a write only when its log is on the disk, and threads
 * without work nap as start.sh has it.
 */
export async function expectCassandraSetUp(): Promise<void> {
  const log = await kubectl(["logs", "cassandra-0", "-n", NAMESPACE, "-c", "cassandra"]);
  expect(/commitlog_sync=\w+/.exec(log)?.[0]).toBe("commitlog_sync=batch");
  expect(log).toContain("timer slack in ns: 300000\n");
}
