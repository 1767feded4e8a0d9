import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { startCassandra } from "../../local/cassandra/cluster.ts";
import { isRunning } from "../../local/testing/program.ts";
import { freePort } from "../../settings/tcp-ports.ts";
import { describeUnless } from "../../storage/testing/describe-unless.ts";
import { whyNoProcesses } from "./own-cassandra.ts";

const LOCAL = fileURLToPath(new URL("../../local/cassandra/", import.meta.url));
const skip = await whyNoProcesses();
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pulsemesh-local-"));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describeUnless(skip, "a node", () => {
  it("dies with the process that started it, and shows its error when it cannot start", async () => {
    // Prints the node's pid as soon as the node is a process: this test need not wait until it takes connections.
    const program = `
      import { subscribe } from "node:diagnostics_channel";
      import { startCassandra } from ${JSON.stringify(join(LOCAL, "cluster.ts"))};
      subscribe("child_process", ({ process: child }) => child.once("spawn", () => {
        if (child.spawnargs.at(-1).endsWith("CassandraDaemon")) console.log(child.pid);
      }));
      await startCassandra({ dataDir: ${JSON.stringify(join(folder, "node"))}, isForTests: true });`;
    const parent = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    // Without a line the parent has ended, and its output says why.
    const { value: line } = await parent.stdout[Symbol.asyncIterator]().next();
    const pid = Number(String(line));
    expect(isRunning(pid)).toBe(true);
    parent.kill("SIGKILL");
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false));

    // A file in place of its commit log's folder keeps a node from starting.
    const broken = join(folder, "broken");
    await mkdir(join(broken, "127.0.0.1"), { recursive: true });
    await writeFile(join(broken, "127.0.0.1", "commitlog"), "");
    await expect(startCassandra({ dataDir: broken, isForTests: true })).rejects.toThrow(
      /Expected a Cassandra node on 127.0.0.1:\d+, got one that ended:[\s\S]*The whole log is/,
    );
  }, 300_000);
});

describeUnless(skip, "the command", () => {
  let port: number;
  let command: ChildProcess;
  let ended: Promise<unknown[]>;
  let output = "";

  async function untilItSays(text: string): Promise<void> {
    // A command that ends instead fails the test at once, with its output.
    await vi.waitFor(() => command.exitCode !== null || expect(output).toContain(text), { timeout: 240_000 });
    expect(output).toContain(text);
  }

  beforeAll(async () => {
    port = await freePort(["127.0.0.1"]);
    const env = {
      ...process.env,
      PULSE_CASSANDRA_CONTACT_POINTS: "",
      PULSE_LOCAL_CASSANDRA_PORT: String(port),
      PULSE_DATA_DIR: join(folder, "data"),
    };
    command = spawn(process.execPath, [join(LOCAL, "main.ts")], { env, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [command.stdout, command.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        output += chunk.toString();
      });
    }
    ended = once(command, "close");
  });
  afterAll(() => void command.kill("SIGKILL"));

  it("runs in the foreground and says how to reach the node", async () => {
    await untilItSays("Ctrl-C stops it");
    expect(output).toContain(`PULSE_CASSANDRA_CONTACT_POINTS=127.0.0.1:${port}`);
  }, 300_000);

  it("starts its node again when it was killed, and says so", async () => {
    const java = Number(execFileSync("pgrep", ["-P", String(command.pid), "java"], { encoding: "utf8" }));
    process.kill(java, "SIGKILL");
    await untilItSays("The Cassandra node on 127.0.0.1 ended unasked (SIGKILL): starting it again");
    await untilItSays("The Cassandra node on 127.0.0.1 takes connections again");
  }, 300_000);

  it("ends in good order by Ctrl-C", async () => {
    command.kill("SIGINT");
    expect(await ended).toEqual([0, null]);
    expect(output).toContain("Stopping Cassandra");
  }, 300_000);

  it("starts nothing when the environment names contact points", async () => {
    const env = { ...process.env, PULSE_CASSANDRA_CONTACT_POINTS: "10.0.0.1:9042" };
    const child = spawn(process.execPath, [join(LOCAL, "main.ts")], {
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    expect(line.toString()).toContain("nothing to start");
    await once(child, "exit");
  });
});
