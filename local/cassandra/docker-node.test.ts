import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CASSANDRA_IMAGE } from "../../settings/cassandra-image.ts";
import { startDockerNode } from "./docker-node.ts";
import { CASSANDRA_VERSION } from "./jars.ts";

// Stands in for docker: a program that writes down its arguments. Without a daemon a test can check the commands only.
describe("a node in a container", () => {
  let folder: string;
  let server: Server;
  let port: number;
  const pathBefore = process.env.PATH;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pulsemesh-docker-"));
    await mkdir(join(folder, "bin"));
    const script = `#!/bin/sh
echo "$@" >> ${folder}/calls
case "$1 $2" in "image inspect") exit 1;; esac
[ "$1" = wait ] && { echo 137; exit 0; }
[ "$1" = pause ] && { echo "no such container"; exit 1; }
exit 0
`;
    await writeFile(join(folder, "bin", "docker"), script, { mode: 0o755 });
    process.env.PATH = `${join(folder, "bin")}:${pathBefore}`;
    server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    port = (server.address() as AddressInfo).port;
  });

  afterAll(async () => {
    process.env.PATH = pathBefore;
    server.close();
    await rm(folder, { recursive: true });
  });

  it("is started with its own configuration, restarted, killed and removed", async () => {
    const said: string[] = [];
    const ends: string[] = [];
    const configuration = {
      dir: join(folder, "node"),
      address: "127.0.0.1",
      cqlPort: port,
      storagePort: 7000,
      seeds: ["127.0.0.1"],
      token: "0",
      commitlogSync: "batch",
      auth: false,
      heapMb: 384,
    } as const;
    const node = await startDockerNode(configuration, {
      startTimeoutMs: 20_000,
      say: (line) => said.push(line),
      onEnd: (_, how) => ends.push(how),
    });
    await expect.poll(() => ends).toEqual(["exit code 137"]);
    await node.kill();
    await node.restart();
    await node.thaw();
    await node.stop();
    await expect(node.freeze()).rejects.toThrow("Expected `docker pause` to succeed, got:\nno such container");
    const calls = await readFile(join(folder, "calls"), "utf8");
    const name = `pulsemesh-cassandra-${port}`;
    for (const call of [
      `pull --quiet ${CASSANDRA_IMAGE}`,
      `run --detach --name ${name} --publish 127.0.0.1:${port}:${port}`,
      `kill --signal KILL ${name}`,
      `restart ${name}`,
      `unpause ${name}`,
      `rm --force --volumes ${name}`,
    ]) {
      expect(calls).toContain(call);
    }
    expect(said).toEqual([`Getting the image ${CASSANDRA_IMAGE} (once) …`]);
    // As without Docker.
    expect(CASSANDRA_IMAGE).toContain(`cassandra:${CASSANDRA_VERSION}@`);
    const yaml = JSON.parse(await readFile(join(folder, "node", "conf", "cassandra.yaml"), "utf8"));
    expect(yaml).toMatchObject({
      rpc_address: "0.0.0.0",
      broadcast_rpc_address: "127.0.0.1",
      data_file_directories: ["/var/lib/cassandra/pulsemesh/data"],
    });
  });
});
