import { appendFile, mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findWay, startCassandra } from "./cluster.ts";
import { cassandraYaml, javaArguments } from "./configuration.ts";
import { cacheDirOf, checkJars, jarsFolderOf, provideJars } from "./jars.ts";
import { startLocalCassandra } from "./local-cassandra.ts";

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
  const java17 = `echo 'openjdk version "17.0.9" 2023-10-17' >&2`;

  it("takes Java 17 with Maven, or with the jars that Maven brought before", async () => {
    const home = join(folder, "java17");
    await mkdir(home);
    await makePrograms("java17/bin", { java: java17 });
    const env = { JAVA_HOME: home, XDG_CACHE_HOME: join(folder, "xdg") };
    const found = { kind: "java", java: { program: join(home, "bin", "java"), version: "17.0.9" } };
    const before = process.env.PATH;
    try {
      process.env.PATH = await makePrograms("maven-only", { mvn: "exit 0" });
      expect(await findWay(env)).toEqual(found);
      process.env.PATH = await makePrograms("docker-beside", { docker: "echo 27.0" });
      expect(await findWay(env)).toEqual({ kind: "docker" });
      process.env.PATH = await makePrograms("nothing", {});
      expect(await findWay(env)).toMatchObject({
        kind: "none",
        reason: expect.stringMatching(/got Java 17.0.9 without Maven, no Docker/),
      });
      await mkdir(join(jarsFolderOf(cacheDirOf(env))), { recursive: true });
      await writeFile(join(jarsFolderOf(cacheDirOf(env)), "SHA256SUMS"), "");
      expect(await findWay(env)).toEqual(found);
    } finally {
      process.env.PATH = before;
    }
  });

  it("names the remedy when this machine can run nothing", async () => {
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

it("the data of nodes are in a folder of their user, also where an earlier version left it open", async () => {
  const dataDir = join(folder, "data");
  await mkdir(join(dataDir, "cassandra"), { recursive: true, mode: 0o755 });
  const before = process.env.PATH;
  process.env.PATH = await makePrograms("no-programs", { docker: "exit 1" });
  try {
    const started = startLocalCassandra({ PULSE_DATA_DIR: dataDir, JAVA_HOME: folder }, () => {});
    await expect(started).rejects.toThrow(/no Docker/);
  } finally {
    process.env.PATH = before;
  }
  expect((await stat(join(dataDir, "cassandra"))).mode & 0o777).toBe(0o700);
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

  it("are fetched once, and again when a file has changed", async () => {
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

  it("leave no half folder behind when Maven fails", async () => {
    const cache = join(folder, "cache-of-a-failure");
    const failing = withMaven("mkdir jars; echo half > jars/one.jar; echo no route to the repository; exit 1", () =>
      provideJars(cache, () => {}),
    );
    await expect(failing).rejects.toThrow(/Expected Maven to bring .*\nno route to the repository\nCheck that/);
    expect(await readdir(cache)).toEqual([]);
  });

  it("are kept where the environment says", () => {
    expect(cacheDirOf({ XDG_CACHE_HOME: "/c" })).toBe("/c/pulsemesh/cassandra");
    expect(cacheDirOf({ HOME: "/home/ada", XDG_CACHE_HOME: "" })).toBe("/home/ada/.cache/pulsemesh/cassandra");
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
    commitlogSync: "batch",
    auth: true,
    heapMb: 384,
  } as const;

  it("keeps every answered write by default", () => {
    expect(JSON.parse(cassandraYaml(node))).toMatchObject({ commitlog_sync: "batch" });
    expect(JSON.parse(cassandraYaml({ ...node, commitlogSync: "periodic" }))).toMatchObject({
      commitlog_sync: "periodic",
    });
  });

  it("asks clients for certificates when it has a truststore", () => {
    const yaml = cassandraYaml({ ...node, tls: { keystore: "k", keystorePassword: "p", truststore: "t" } });
    expect(JSON.parse(yaml)).toMatchObject({
      authenticator: { class_name: "PasswordAuthenticator" },
      client_encryption_options: { enabled: true, optional: false, require_client_auth: true },
    });
    expect(javaArguments(node, "/jars")).toContain("-Xmx384m");
  });
});
