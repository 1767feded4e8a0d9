import { integer, parsedText, text, word } from "./field.ts";
import { dataDir } from "./local-settings.ts";
import { type SettingsOf, setting } from "./setting.ts";

const keyspaceName = parsedText(
  "1 to 48 of a–z 0–9 _ that start with a letter",
  (value) => (/^[a-z][a-z0-9_]{0,47}$/.test(value) ? value : undefined),
  "pulsemesh",
);

const addresses = parsedText("host:port, separated by commas", (value): readonly string[] | undefined => {
  const points = value.split(",").map((point) => point.trim());
  const isRight = points.every((point) => {
    // An IPv6 address stands in brackets, because a port may follow it.
    const parts = /^(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?$/.exec(point);
    return parts !== null && Number(parts[1] ?? 9042) <= 65_535;
  });
  return isRight ? points : undefined;
});

const replicasByDataCenter = parsedText(
  "data centres with their number of replicas, such as dc1:3,dc2:3",
  (value): Readonly<Record<string, number>> | undefined => {
    const factors: Record<string, number> = {};
    for (const entry of value.split(",")) {
      const [, dataCenter, replicas] = /^\s*([A-Za-z0-9_.-]+):([1-9]\d?)\s*$/.exec(entry) ?? [];
      if (dataCenter === undefined) return undefined;
      factors[dataCenter] = Number(replicas);
    }
    return factors;
  },
);

const filePath = text("a file's path");

/** The settings of the Cassandra stores, which are used when there are contact points. */
export const cassandraSettings = {
  contactPoints: setting(
    "PULSE_CASSANDRA_CONTACT_POINTS",
    addresses,
    "Some of Cassandra's nodes. A node without a port has port 9042. Absent: SQLite is the store.",
  ),
  localDataCenter: setting(
    "PULSE_CASSANDRA_LOCAL_DC",
    text("a data centre's name", "datacenter1"),
    "The data centre that PulseMesh reads from and writes to. A write waits for a quorum of its replicas.",
  ),
  keyspace: setting("PULSE_CASSANDRA_KEYSPACE", keyspaceName, "The keyspace."),
  user: setting("PULSE_CASSANDRA_USER", text("a role's name"), "The role to log in as."),
  passwordFile: setting(
    "PULSE_CASSANDRA_PASSWORD_FILE",
    filePath,
    "Holds the role's password. Each attempt to connect reads it again.",
  ),
  caFile: setting(
    "PULSE_CASSANDRA_CA_FILE",
    filePath,
    "The certificate authority (PEM) that signed the nodes' certificates. Present: connections are encrypted.",
  ),
  certFile: setting(
    "PULSE_CASSANDRA_CERT_FILE",
    filePath,
    "PulseMesh's certificate (PEM), for nodes that ask for one.",
  ),
  keyFile: setting("PULSE_CASSANDRA_KEY_FILE", filePath, "The private key (PEM) of that certificate."),
  tlsServerName: setting(
    "PULSE_CASSANDRA_TLS_SERVER_NAME",
    text("a host's name"),
    "The host name in the nodes' certificates. Absent: each node's address. Alone it is refused: without an authority or a certificate nothing is encrypted.",
  ),
  replication: setting(
    "PULSE_CASSANDRA_REPLICATION",
    replicasByDataCenter,
    "Replicas by data centre, for `npm run schema -- apply`. Absent: one in the local data centre.",
  ),
  bucketMinutes: setting(
    "PULSE_CASSANDRA_BUCKET_MINUTES",
    integer({ min: 1, max: 1440, fallback: 60 }),
    "The time that one partition of a service spans. `npm run schema -- apply` notes it when it makes the keyspace, and the functions take it from there. It cannot change afterwards. On a cluster it is `cassandra.bucketMinutes` of the chart.",
  ),
  requestTimeoutMs: setting(
    "PULSE_CASSANDRA_REQUEST_TIMEOUT_MS",
    integer({ min: 100, max: 60_000, fallback: 3000 }),
    "How long one node may take to answer before the next is tried. The server gives up on a write after 2 s.",
  ),
  maxInFlight: setting(
    "PULSE_CASSANDRA_MAX_IN_FLIGHT",
    integer({ min: 1, max: 1024, fallback: 32 }),
    "Batches on their way at one time. While all are, rows gather into the next batches.",
  ),
  maxBatchBytes: setting(
    "PULSE_CASSANDRA_MAX_BATCH_BYTES",
    integer({ min: 1024, max: 8 * 1024 * 1024, fallback: 40_960 }),
    "The largest batch, as the server counts. Keep it under the server's `batch_size_fail_threshold` (50 KiB by default).",
  ),
  sealSeconds: setting(
    "PULSE_SEAL_SECONDS",
    integer({ min: 20, max: 3600, fallback: 120 }),
    "A minute is summed up once it ended so long ago. The clocks of two processes may differ by half of it. A pulse that is stored later than half of it after its time costs one write more. All processes of a store need the same value: on a cluster it is `sealSeconds` of the chart.",
  ),
};

export type CassandraSettings = SettingsOf<typeof cassandraSettings>;

/** The settings of the Cassandra that `make cassandra` starts on this machine. */
export const localCassandraSettings = {
  port: setting(
    "PULSE_LOCAL_CASSANDRA_PORT",
    integer({ min: 1, max: 65_535, fallback: 19_042 }),
    "The port of the Cassandra that `make cassandra` starts.",
  ),
  nodes: setting("NODES", word(["1", "3"], "1"), "How many nodes `make cassandra` starts. Three need Java 17."),
  heapMb: setting(
    "PULSE_LOCAL_CASSANDRA_HEAP_MB",
    integer({ min: 256, max: 65_536, fallback: 512 }),
    "The Java heap of each of these nodes. A node takes as much memory again outside its heap.",
  ),
  dataDir,
};
