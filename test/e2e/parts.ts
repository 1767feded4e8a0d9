import { expect } from "vitest";
import { run } from "../../infra/cluster/command.ts";
import { kubectl } from "../../infra/cluster/kubernetes.ts";
import { NAMESPACE } from "../../infra/platform-stack.ts";
import { imageOf as pinnedImage } from "../../infra/versions.ts";
import { readClusterSettings } from "../../settings/read.ts";
import { imageOf } from "./rollout.ts";

const MAX_BYTES_OVER_NODE = 10_000_000;

/** The functions' image adds at most 10 MB to Node's image, which a cluster's node stores once. */
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
 * Cassandra's log at its start shows that a single node answers a write only when its commit log is on disk, and that
 * start.sh set the timer slack.
 */
export async function expectCassandraSetUp(): Promise<void> {
  const log = await kubectl(["logs", "cassandra-0", "-n", NAMESPACE, "-c", "cassandra"]);
  expect(/commitlog_sync=\w+/.exec(log)?.[0]).toBe("commitlog_sync=batch");
  expect(log).toContain("timer slack in ns: 300000\n");
}
