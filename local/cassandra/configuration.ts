// The files of a distribution's conf/ folder, which Maven's cassandra-all lacks.
import { join } from "node:path";

/** Client encryption of a node: PKCS#12 stores. */
export interface NodeTls {
  keystore: string;
  keystorePassword: string;
  /** When set, clients must show a certificate that this store vouches for. */
  truststore?: string;
  truststorePassword?: string;
}

/** What differs from node to node. */
export interface NodeConfiguration {
  dir: string;
  address: string;
  /** The address for clients, where it is not `address`: in a container. */
  broadcastAddress?: string;
  cqlPort: number;
  storagePort: number;
  seeds: readonly string[];
  /** The node's only token. */
  token: string;
  /**
   * `batch`: an answer waits for an fsync, which covers the writes that came during the fsync before. `periodic`: an fsync
   * every 10 s, so that a killed process loses up to 100 ms of answered writes.
   */
  commitlogSync: "batch" | "periodic";
  auth: boolean;
  tls?: NodeTls | undefined;
  heapMb: number;
  /** More of cassandra.yaml, such as guardrails. */
  yaml?: Readonly<Record<string, unknown>> | undefined;
}

/** The text of cassandra.yaml, as JSON: JSON is YAML and needs no quoting rules. */
export function cassandraYaml(node: NodeConfiguration): string {
  const { tls } = node;
  return JSON.stringify(
    {
      cluster_name: "pulsemesh",
      partitioner: "org.apache.cassandra.dht.Murmur3Partitioner",
      endpoint_snitch: "SimpleSnitch",
      seed_provider: [
        {
          class_name: "org.apache.cassandra.locator.SimpleSeedProvider",
          parameters: [{ seeds: node.seeds.map((seed) => `${seed}:${node.storagePort}`).join(",") }],
        },
      ],
      // One token and no bootstrap: the ring is known from the start, so that no node streams data or waits.
      num_tokens: 1,
      initial_token: node.token,
      auto_bootstrap: false,
      listen_address: node.address,
      rpc_address: node.broadcastAddress === undefined ? node.address : "0.0.0.0",
      ...(node.broadcastAddress !== undefined && { broadcast_rpc_address: node.broadcastAddress }),
      native_transport_port: node.cqlPort,
      storage_port: node.storagePort,
      data_file_directories: [join(node.dir, "data")],
      commitlog_directory: join(node.dir, "commitlog"),
      hints_directory: join(node.dir, "hints"),
      saved_caches_directory: join(node.dir, "saved_caches"),
      ...(node.commitlogSync === "batch"
        ? { commitlog_sync: "batch" }
        : { commitlog_sync: "periodic", commitlog_sync_period: "10000ms" }),
      commitlog_segment_size: "16MiB",
      commitlog_disk_access_mode: "legacy",
      storage_compatibility_mode: "NONE",
      memtable: { configurations: { default: { class_name: "TrieMemtable" } } },
      sstable: { selected_format: "bti" },
      // A batch of one partition costs no more than its rows, yet by default Cassandra warns of each from 5 KiB on. The
      // limit for refusals keeps its default, 50 KiB.
      batch_size_warn_threshold: "50KiB",
      auto_snapshot: false,
      authenticator: { class_name: node.auth ? "PasswordAuthenticator" : "AllowAllAuthenticator" },
      authorizer: { class_name: node.auth ? "CassandraAuthorizer" : "AllowAllAuthorizer" },
      role_manager: { class_name: "CassandraRoleManager" },
      ...(tls !== undefined && {
        client_encryption_options: {
          enabled: true,
          optional: false,
          keystore: tls.keystore,
          keystore_password: tls.keystorePassword,
          store_type: "PKCS12",
          require_client_auth: tls.truststore !== undefined,
          ...(tls.truststore !== undefined && {
            truststore: tls.truststore,
            truststore_password: tls.truststorePassword ?? "",
          }),
        },
      }),
      ...node.yaml,
    },
    null,
    2,
  );
}

/** The text of logback.xml: lines from INFO on go to `node.log`. */
export function logbackXml(dir: string): string {
  return `<configuration scan="false">
  <appender name="FILE" class="ch.qos.logback.core.FileAppender">
    <file>${join(dir, "node.log")}</file>
    <encoder><pattern>%d{ISO8601} %-5level [%thread] %logger{0}: %msg%n</pattern></encoder>
  </appender>
  <root level="INFO"><appender-ref ref="FILE"/></root>
</configuration>
`;
}

const EXPORTS =
  "java.base/jdk.internal.misc java.base/jdk.internal.ref java.base/sun.nio.ch java.management.rmi/com.sun.jmx.remote.internal.rmi " +
  "java.rmi/sun.rmi.registry java.rmi/sun.rmi.server java.sql/java.sql java.base/java.lang.ref jdk.unsupported/sun.misc";
const OPENS =
  "java.base/java.lang.module java.base/jdk.internal.loader java.base/jdk.internal.ref java.base/jdk.internal.reflect " +
  "java.base/jdk.internal.math java.base/jdk.internal.module java.base/jdk.internal.util.jar " +
  "jdk.management/com.sun.management.internal java.base/sun.nio.ch java.base/java.io java.base/java.util.concurrent " +
  "java.base/java.util java.base/java.util.concurrent.atomic java.base/java.nio java.base/java.lang";

/** The arguments of `java` up to the main class: those of Cassandra's jvm17-server.options, and some for a quick start. */
export function javaArguments(node: NodeConfiguration, jars: string): string[] {
  const properties: Record<string, string> = {
    "jdk.attach.allowAttachSelf": "true",
    "io.netty.tryReflectionSetAccessible": "true",
    "io.netty.allocator.useCacheForAllThreads": "true",
    "io.netty.allocator.maxOrder": "11",
    "com.sun.jndi.rmiURLParsing": "legacy",
    "cassandra-foreground": "yes",
    "cassandra.config": `file://${join(node.dir, "cassandra.yaml")}`,
    "cassandra.storagedir": node.dir,
    "cassandra.logdir": node.dir,
    "logback.configurationFile": join(node.dir, "logback.xml"),
    "java.io.tmpdir": join(node.dir, "tmp"),
    "jna.tmpdir": join(node.dir, "tmp"),
    // The ring is known from the start: nodes need not gossip before they serve.
    "cassandra.skip_wait_for_gossip_to_settle": "0",
    "cassandra.ring_delay_ms": "100",
    "cassandra.superuser_setup_delay_ms": "0",
    "cassandra.consistent.rangemovement": "false",
  };
  return [
    ...EXPORTS.split(" ").flatMap((name) => ["--add-exports", `${name}=ALL-UNNAMED`]),
    ...OPENS.split(" ").flatMap((name) => ["--add-opens", `${name}=ALL-UNNAMED`]),
    ...Object.entries(properties).map(([name, value]) => `-D${name}=${value}`),
    "-Xss256k",
    `-Xms${node.heapMb}m`,
    `-Xmx${node.heapMb}m`,
    "-XX:+HeapDumpOnOutOfMemoryError",
    `-XX:HeapDumpPath=${join(node.dir, "heap.hprof")}`,
    "-XX:+ExitOnOutOfMemoryError",
    "-cp",
    join(jars, "*"),
  ];
}
