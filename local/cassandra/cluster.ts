// A real Cassandra for tests and for the laptop. Start here: java.ts finds Java, jars.ts gets Cassandra, configuration.ts
// writes its conf/, node.ts runs a node as a process, docker-node.ts as a container, local-cassandra.ts starts the one that
// the settings describe, and main.ts is the command.
import { rm } from "node:fs/promises";
import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { auth as authentication, Client } from "cassandra-driver";
import { freePort, requireFreePort } from "../../settings/tcp-ports.ts";
import type { NodeConfiguration, NodeTls } from "./configuration.ts";
import { hasDocker, startDockerNode } from "./docker-node.ts";
import { cacheDirOf, canProvideJars, provideJars } from "./jars.ts";
import { findJava, type Java } from "./java.ts";
import { type CassandraNode, startJavaNode } from "./node.ts";

export interface CassandraOptions {
  /** One node on 127.0.0.1, or three on 127.0.0.1 to 127.0.0.3. @default 1 */
  nodes?: 1 | 3;
  /** Where the nodes keep their data. */
  dataDir: string;
  /** The port for clients. @default a free one */
  port?: number;
  /** Requires a user and a password; the first user is cassandra/cassandra. @default false */
  auth?: boolean;
  tls?: NodeTls;
  /** `batch` keeps every write that was answered. @default "batch" */
  commitlogSync?: "batch" | "periodic";
  /** A Java agent for each node, as `-javaagent:` takes it; a container ignores it. */
  javaAgent?: string;
  /** More of each node's cassandra.yaml. Each start of a node reads it. */
  yaml?: Readonly<Record<string, unknown>>;
  /** Starts quickly, at half the peak speed, and removes its data when it stops. @default false */
  isForTests?: boolean;
  /** @default 512, and 384 for tests */
  heapMb?: number;
  /** @default 120_000 */
  startTimeoutMs?: number;
  /** Called when a node that had come up ends, and nobody asked it to; `how` is its exit code or signal. */
  onEnd?: (node: CassandraNode, how: string) => void;
  /** Gets a line about each slow step. */
  say?: (line: string) => void;
  /** @default process.env */
  env?: NodeJS.ProcessEnv;
}

/** A running Cassandra. */
export interface Cassandra {
  /** In the form of PULSE_CASSANDRA_CONTACT_POINTS. */
  contactPoints: string[];
  port: number;
  localDataCenter: string;
  nodes: CassandraNode[];
  stop(): Promise<void>;
}

/** How this machine can run Cassandra. */
export type Way = { kind: "java"; java: Java } | { kind: "docker" } | { kind: "none"; reason: string };

/** The data centre's name under SimpleSnitch. */
export const LOCAL_DATA_CENTER = "datacenter1";

/** Finds out how this machine can run Cassandra. `reason` says why it cannot, and the remedy. */
export async function findWay(env: NodeJS.ProcessEnv = process.env): Promise<Way> {
  const java = await findJava(env);
  const isJava = typeof java !== "string";
  if (isJava && (await canProvideJars(cacheDirOf(env)))) return { kind: "java", java };
  if (await hasDocker()) return { kind: "docker" };
  return {
    kind: "none",
    reason:
      `Expected Java 17, Docker or PULSE_CASSANDRA_CONTACT_POINTS, got ${isJava ? `Java ${java.version} without Maven` : java}, no Docker daemon and no contact points: ` +
      "install a Java 17 and Maven (Debian: apt install openjdk-17-jre-headless maven; macOS: brew install openjdk@17 maven)",
  };
}

/** Starts Cassandra and resolves when it takes writes. @throws with the remedy, after stopping what it started */
export async function startCassandra(options: CassandraOptions): Promise<Cassandra> {
  const { nodes: count = 1, isForTests = false, env = process.env, say = () => {} } = options;
  const { startTimeoutMs = 120_000, onEnd } = options;
  const way = await findWay(env);
  if (way.kind === "none") throw new Error(way.reason);
  if (way.kind === "docker" && count > 1) {
    throw new Error("Expected Java 17 for three nodes, got Docker only: install Java 17 and Maven, or use one node");
  }
  const addresses = Array.from({ length: count }, (_, i) => `127.0.0.${i + 1}`);
  if (options.port !== undefined) await requireFreePort(options.port, addresses, "PULSE_LOCAL_CASSANDRA_PORT");
  const cqlPort = options.port ?? (await freePort(addresses));
  const storagePort = await freePort(addresses);
  const configurations = addresses.map(
    (address, i): NodeConfiguration => ({
      dir: resolve(options.dataDir, address),
      address,
      cqlPort,
      storagePort,
      seeds: addresses,
      token: String(BigInt.asIntN(64, -(2n ** 63n) + (2n ** 64n / BigInt(count)) * BigInt(i) + 1n)),
      commitlogSync: options.commitlogSync ?? "batch",
      auth: options.auth ?? false,
      tls: options.tls,
      yaml: options.yaml,
      heapMb: options.heapMb ?? (isForTests ? 384 : 512),
    }),
  );
  let start = (configuration: NodeConfiguration) => startDockerNode(configuration, { startTimeoutMs, say, onEnd });
  if (way.kind === "java") {
    const { java } = way;
    const { javaAgent } = options;
    const cacheDir = cacheDirOf(env);
    const jars = await provideJars(cacheDir, say);
    start = (configuration) =>
      startJavaNode({ java, jars, cacheDir, configuration, javaAgent, isForTests, startTimeoutMs, onEnd });
  }
  const started = await Promise.allSettled(configurations.map(start));
  const nodes = started.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const stop = async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    if (isForTests) await rm(resolve(options.dataDir), { recursive: true, force: true });
  };
  try {
    for (const one of started) if (one.status === "rejected") throw one.reason;
    if (count > 1) await untilRingIsFormed(addresses, cqlPort, options, startTimeoutMs);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    contactPoints: addresses.map((address) => `${address}:${cqlPort}`),
    port: cqlPort,
    localDataCenter: LOCAL_DATA_CENTER,
    nodes,
    stop,
  };
}

// Seeds serve clients before they know each other: a keyspace made in that time would not reach all nodes.
async function untilRingIsFormed(
  addresses: readonly string[],
  port: number,
  options: CassandraOptions,
  timeoutMs: number,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (const address of addresses) {
    let seen = "no answer";
    while (seen !== "") {
      seen = await lookAtRing(address, port, options.auth ?? false, addresses.length).catch((error) => String(error));
      if (seen === "") break;
      if (Date.now() > deadline)
        throw new Error(`Expected ${address} to see a ring of ${addresses.length}, got ${seen}`);
      await delay(200);
    }
  }
}

async function lookAtRing(address: string, port: number, isAuthOn: boolean, count: number): Promise<string> {
  const client = new Client({
    contactPoints: [`${address}:${port}`],
    localDataCenter: LOCAL_DATA_CENTER,
    isMetadataSyncEnabled: false,
    ...(isAuthOn && { authProvider: new authentication.PlainTextAuthProvider("cassandra", "cassandra") }),
  });
  try {
    await client.connect();
    const host = client.hosts.get(`${address}:${port}`);
    if (host === undefined || client.hosts.length < count) return `${client.hosts.length} nodes`;
    const local = await client.execute("SELECT schema_version FROM system.local", [], { host });
    const peers = await client.execute("SELECT schema_version, tokens FROM system.peers_v2", [], { host });
    const versions = new Set([...local.rows, ...peers.rows].map((row) => String(row.schema_version)));
    const isWhole = peers.rows.length === count - 1 && peers.rows.every((row) => row.tokens?.length > 0);
    return isWhole && versions.size === 1 ? "" : `${peers.rows.length + 1} nodes, ${versions.size} schema versions`;
  } finally {
    await client.shutdown();
  }
}
