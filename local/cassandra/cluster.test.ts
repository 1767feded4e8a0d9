import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { findWay, startCassandra } from "./cluster.ts";
import { cassandraYaml, javaArguments } from "./configuration.ts";
import { cacheDirOf, checkJars, provideJars } from "./jars.ts";
import { findFreePort, insistOnFreePort } from "./ports.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pulsemesh-local-"));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function makePrograms(name: string, programs: Record<string, string>): Promise<string> {
  const bin = join(folder, name);
  await mkdir(bin);
  for (const [program, script] of Object.entries(programs)) {
    await writeFile(join(bin, program), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  return bin;
}

describe("finding a way to run Cassandra", () => {
  it("takes Java 17", async () => {
    const home = join(folder, "java17");
    await mkdir(home);
    await makePrograms("java17/bin", { java: `echo 'openjdk version "17.0.9" 2023-10-17' >&2` });
    expect(await findWay({ JAVA_HOME: home })).toEqual({
      kind: "java",
      java: { program: join(home, "bin", "java"), version: "17.0.9" },
    });
  });

  it("says what to do when nothing is there", async () => {
    const before = process.env.PATH;
    process.env.PATH = await makePrograms("old", { java: `echo 'openjdk version "21.0.1"' >&2`, docker: "exit 1" });
    try {
      const way = await findWay({});
      expect(way).toMatchObject({
        kind: "none",
        reason: expect.stringMatching(/got Java 21.0.1 where 17 is needed, no Docker/),
      });
      await expect(startCassandra({ dataDir: folder, env: {} })).rejects.toThrow(/install a Java 17 and Maven/);
      process.env.PATH = await makePrograms("docker-only", { docker: "echo 27.0" });
      expect(await findWay({})).toEqual({ kind: "docker" });
      await expect(startCassandra({ dataDir: folder, env: {}, nodes: 3 })).rejects.toThrow(/Java 17 for three nodes/);
    } finally {
      process.env.PATH = before;
    }
  });
});

describe("Cassandra's jars", () => {
  async function withMaven<T>(script: string, work: () => Promise<T>): Promise<T> {
    const before = process.env.PATH;
    process.env.PATH = `${await makePrograms(`maven-${Math.random()}`, { mvn: script })}:${before}`;
    try {
      return await work();
    } finally {
      process.env.PATH = before;
    }
  }
  const working = "mkdir -p jars && echo one > jars/one.jar && echo two > jars/two.jar";

  it("are got once, and again when a file is not what it was", async () => {
    const said: string[] = [];
    const cache = join(folder, "cache");
    const jars = await withMaven(working, () => provideJars(cache, (line) => said.push(line)));
    expect(await checkJars(jars)).toBeUndefined();
    expect(said).toHaveLength(2);
    await withMaven("exit 1", () => provideJars(cache, (line) => said.push(line)));
    expect(said).toHaveLength(2);
    await appendFile(join(jars, "one.jar"), "x");
    expect(await checkJars(jars)).toBe("one.jar is not what it was");
    await withMaven(working, () => provideJars(cache, (line) => said.push(line)));
    expect(said[2]).toMatch(/are damaged \(one.jar is not what it was\): getting them again/);
    await writeFile(join(jars, "three.jar"), "");
    expect(await checkJars(jars)).toMatch(/more files/);
  });

  it("leave nothing half done behind when Maven fails", async () => {
    const cache = join(folder, "cache-of-a-failure");
    const failing = withMaven("mkdir jars; echo half > jars/one.jar; echo no route to the repository; exit 1", () =>
      provideJars(cache, () => {}),
    );
    await expect(failing).rejects.toThrow(/Expected Maven to bring .*\nno route to the repository\nCheck that/);
    expect(await readdir(cache)).toEqual([]);
  });

  it("are kept where the environment says", () => {
    expect(cacheDirOf({ XDG_CACHE_HOME: "/c" })).toBe("/c/pulsemesh/cassandra");
    expect(cacheDirOf({})).toBe(join(process.cwd(), ".pulsemesh/cache/cassandra"));
  });
});

describe("ports", () => {
  it("are found free on every address", async () => {
    const port = await findFreePort(["127.0.0.1"]);
    await insistOnFreePort(port, ["127.0.0.1"], "PORT");
  });

  it("in use are named with the setting", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    await expect(insistOnFreePort(port, ["127.0.0.1"], "PULSE_LOCAL_CASSANDRA_PORT")).rejects.toThrow(
      `Expected port ${port} of 127.0.0.1 to be free, got EADDRINUSE: set PULSE_LOCAL_CASSANDRA_PORT to another`,
    );
    server.close();
  });

  it("of an address that this machine has not are refused with the command that adds it", async () => {
    await expect(insistOnFreePort(1, ["192.0.2.1"], "PORT")).rejects.toThrow(/ifconfig lo0 alias 192.0.2.1/);
  });
});

describe("a node's configuration", () => {
  const node = {
    dir: "/d",
    address: "127.0.0.1",
    cqlPort: 1,
    storagePort: 2,
    seeds: ["127.0.0.1"],
    token: "0",
    commitlogSync: "group",
    auth: true,
    heapMb: 384,
  } as const;

  it("keeps what was answered, unless it is told otherwise", () => {
    expect(JSON.parse(cassandraYaml(node))).toMatchObject({
      commitlog_sync: "group",
      commitlog_sync_group_window: "5ms",
    });
    expect(JSON.parse(cassandraYaml({ ...node, commitlogSync: "periodic" }))).toMatchObject({
      commitlog_sync: "periodic",
    });
  });

  it("asks clients for certificates when it has a store to judge them by", () => {
    const yaml = cassandraYaml({ ...node, tls: { keystore: "k", keystorePassword: "p", truststore: "t" } });
    expect(JSON.parse(yaml)).toMatchObject({
      authenticator: { class_name: "PasswordAuthenticator" },
      client_encryption_options: { enabled: true, optional: false, require_client_auth: true },
    });
    expect(javaArguments(node, "/jars")).toContain("-Xmx384m");
  });
});

const way = await findWay();

describe.skipIf(way.kind !== "java")("a node", () => {
  it("dies with the process that started it, and its error is shown when it cannot start", async () => {
    const program = `
      import { startCassandra } from ${JSON.stringify(join(import.meta.dirname, "cluster.ts"))};
      const cassandra = await startCassandra({ dataDir: ${JSON.stringify(join(folder, "node"))}, isForTests: true });
      console.log(cassandra.nodes[0].pid);
      setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(parent.stdout, "data")) as [Buffer];
    const pid = Number(line.toString());
    expect(isAlive(pid)).toBe(true);
    parent.kill("SIGKILL");
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 20_000 });

    // Its commit log is now a file: it cannot start.
    const broken = join(folder, "broken");
    await mkdir(join(broken, "127.0.0.1"), { recursive: true });
    await writeFile(join(broken, "127.0.0.1", "commitlog"), "");
    await expect(startCassandra({ dataDir: broken, isForTests: true })).rejects.toThrow(
      /Expected a Cassandra node on 127.0.0.1:\d+, got one that ended:[\s\S]*The whole log is/,
    );
  }, 300_000);
});

describe.skipIf(way.kind !== "java")("the command", () => {
  it("runs in the foreground, says how to reach the node, and ends in good order by Ctrl-C", async () => {
    const port = await findFreePort(["127.0.0.1"]);
    const env = {
      ...process.env,
      PULSE_CASSANDRA_CONTACT_POINTS: "",
      PULSE_LOCAL_CASSANDRA_PORT: String(port),
      PULSE_DATA_DIR: join(folder, "data"),
    };
    const child = spawn(process.execPath, [join(import.meta.dirname, "main.ts")], {
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
    const ended = once(child, "exit");
    await vi.waitFor(() => expect(output).toContain("Ctrl-C stops it"), { timeout: 240_000 });
    expect(output).toContain(`PULSE_CASSANDRA_CONTACT_POINTS=127.0.0.1:${port}`);
    child.kill("SIGINT");
    expect(await ended).toEqual([0, null]);
    expect(output).toContain("Stopping Cassandra");
  }, 300_000);

  it("starts nothing when there are contact points", async () => {
    const env = { ...process.env, PULSE_CASSANDRA_CONTACT_POINTS: "10.0.0.1:9042" };
    const child = spawn(process.execPath, [join(import.meta.dirname, "main.ts")], {
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    expect(line.toString()).toContain("nothing to start");
    await once(child, "exit");
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
