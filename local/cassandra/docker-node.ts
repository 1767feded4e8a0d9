import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { CASSANDRA_IMAGE } from "../../settings/cassandra-image.ts";
import { takesConnections } from "../../settings/tcp-ports.ts";
import { runAfterThisProcess } from "../lifeline.ts";
import { cassandraYaml, logbackXml, type NodeConfiguration } from "./configuration.ts";
import { runProgram } from "./java.ts";
import type { CassandraNode } from "./node.ts";

const INSIDE = "/var/lib/cassandra/pulsemesh";

/** True when a Docker daemon answers. */
export async function hasDocker(): Promise<boolean> {
  return (await runProgram("docker", ["version", "--format", "{{.Server.Version}}"])).code === 0;
}

/** Starts a node as a container, which keeps its data in a volume that goes with it. */
export async function startDockerNode(
  configuration: NodeConfiguration,
  {
    startTimeoutMs,
    say,
    onEnd,
  }: {
    startTimeoutMs: number;
    say: (line: string) => void;
    /** See JavaNodeOptions. */
    onEnd?: ((node: CassandraNode, how: string) => void) | undefined;
  },
): Promise<CassandraNode> {
  const name = `pulsemesh-cassandra-${configuration.cqlPort}`;
  const { dir, cqlPort, address } = configuration;
  await mkdir(join(dir, "conf"), { recursive: true });
  const inside = { ...configuration, dir: INSIDE, address: "127.0.0.1", broadcastAddress: address };
  await writeFile(join(dir, "conf", "cassandra.yaml"), cassandraYaml(inside));
  await writeFile(join(dir, "conf", "logback.xml"), logbackXml(INSIDE));
  if ((await runProgram("docker", ["image", "inspect", CASSANDRA_IMAGE])).code !== 0) {
    say(`Getting the image ${CASSANDRA_IMAGE} (once) …`);
    await docker("pull", "--quiet", CASSANDRA_IMAGE);
  }
  await runProgram("docker", ["rm", "--force", "--volumes", name]);
  const keep = runAfterThisProcess(`docker rm --force --volumes ${name}`);
  await docker(
    ...["run", "--detach", "--name", name, "--publish", `${address}:${cqlPort}:${cqlPort}`],
    ...["--volume", `${join(dir, "conf")}:/pulsemesh:ro`, "--env", `MAX_HEAP_SIZE=${configuration.heapMb}m`],
    // Without the image's entry point, which would edit the configuration.
    ...[
      "--entrypoint",
      "cassandra",
      CASSANDRA_IMAGE,
      "-f",
      "-R",
      "-Dcassandra.config=file:///pulsemesh/cassandra.yaml",
    ],
    ...["-Dlogback.configurationFile=/pulsemesh/logback.xml", "-Dcassandra.skip_wait_for_gossip_to_settle=0"],
  );
  const untilUp = async () => {
    const deadline = Date.now() + startTimeoutMs;
    // Docker's proxy takes connections before the node does, so ask the node itself.
    while (
      (await runProgram("docker", ["exec", name, "cqlsh", "-e", "DESCRIBE CLUSTER", "127.0.0.1", `${cqlPort}`]))
        .code !== 0
    ) {
      if (Date.now() > deadline) {
        const { output } = await runProgram("docker", ["logs", "--tail", "20", name]);
        throw new Error(
          `Expected Cassandra in the container ${name}, got none in ${startTimeoutMs / 1000} s:\n${output}`,
        );
      }
      await delay(500);
    }
    if (!(await takesConnections(address, cqlPort)))
      throw new Error(`Expected port ${cqlPort} to be published by Docker`);
  };
  let isEnding = false;
  function watch(): void {
    isEnding = false;
    if (onEnd === undefined) return;
    // Ends when the container does.
    void runProgram("docker", ["wait", name]).then(({ output }) => {
      if (!isEnding) onEnd(node, `exit code ${output.trim()}`);
    });
  }
  const node: CassandraNode = {
    address,
    pid: undefined,
    kill: async () => {
      isEnding = true;
      await docker("kill", "--signal", "KILL", name);
    },
    freeze: () => docker("pause", name),
    thaw: () => docker("unpause", name),
    restart: async () => {
      isEnding = true;
      await docker("restart", name);
      await untilUp();
      watch();
    },
    stop: async () => {
      isEnding = true;
      await docker("rm", "--force", "--volumes", name);
      keep();
    },
  };
  await untilUp();
  watch();
  return node;
}

async function docker(...args: string[]): Promise<void> {
  const { code, output } = await runProgram("docker", args);
  if (code !== 0) throw new Error(`Expected \`docker ${args[0]}\` to succeed, got:\n${output.trim()}`);
}
