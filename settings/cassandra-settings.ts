import { integer, type Setting, type SettingsOf, text } from "./setting.ts";

/** The settings of the Cassandra stores: used when there are contact points. */
export const cassandraSettings = {
  contactPoints: contactPoints("PULSE_CASSANDRA_CONTACT_POINTS", {
    doc: "Some of Cassandra's nodes, as `host:port` separated by commas (port 9042 where none is given). Absent: SQLite is the store.",
  }),
  localDataCenter: text("PULSE_CASSANDRA_LOCAL_DC", {
    fallback: "datacenter1",
    expectation: "a data centre's name",
    doc: "The data centre that is written to and read from; a write waits for a quorum of its replicas.",
  }),
  keyspace: pattern("PULSE_CASSANDRA_KEYSPACE", {
    pattern: /^[a-z][a-z0-9_]{0,47}$/,
    fallback: "pulsemesh",
    expectation: "1 to 48 of a–z 0–9 _ that start with a letter",
    doc: "The keyspace.",
  }),
  user: text("PULSE_CASSANDRA_USER", { expectation: "a role's name", doc: "The role to log in as." }),
  passwordFile: text("PULSE_CASSANDRA_PASSWORD_FILE", {
    expectation: "a file's path",
    doc: "The role's password; read again at each attempt to connect.",
  }),
  caFile: text("PULSE_CASSANDRA_CA_FILE", {
    expectation: "a file's path",
    doc: "The authority (PEM) that vouches for the nodes. Present: connections are encrypted.",
  }),
  certFile: text("PULSE_CASSANDRA_CERT_FILE", {
    expectation: "a file's path",
    doc: "Our certificate (PEM), where the nodes ask for one.",
  }),
  keyFile: text("PULSE_CASSANDRA_KEY_FILE", { expectation: "a file's path", doc: "The key (PEM) of our certificate." }),
  tlsServerName: text("PULSE_CASSANDRA_TLS_SERVER_NAME", {
    expectation: "a host's name",
    doc: "The name that the nodes' certificates are made out to. Absent: each node's own address.",
  }),
  replication: replication("PULSE_CASSANDRA_REPLICATION", {
    doc: "Replicas by data centre, such as `dc1:3,dc2:3`; used by `npm run schema -- apply`. Absent: one in the local data centre.",
  }),
  bucketMinutes: integer("PULSE_CASSANDRA_BUCKET_MINUTES", {
    fallback: 60,
    min: 1,
    max: 1440,
    doc: "The time that one partition of a service spans; fixed when the keyspace is made.",
  }),
  requestTimeoutMs: integer("PULSE_CASSANDRA_REQUEST_TIMEOUT_MS", {
    fallback: 3000,
    min: 100,
    max: 60_000,
    doc: "How long one node may take to answer; then the next is tried. The server itself gives up on a write after 2 s.",
  }),
  maxInFlight: integer("PULSE_CASSANDRA_MAX_IN_FLIGHT", {
    fallback: 32,
    min: 1,
    max: 1024,
    doc: "Batches on their way at one time; while all are, rows gather into the next ones.",
  }),
  maxBatchBytes: integer("PULSE_CASSANDRA_MAX_BATCH_BYTES", {
    fallback: 40_960,
    min: 1024,
    max: 8 * 1024 * 1024,
    doc: "The largest batch, as the server counts; keep it under its `batch_size_fail_threshold` (50 KiB by default).",
  }),
};

export type CassandraSettings = SettingsOf<typeof cassandraSettings>;

/** The settings of the Cassandra that `make cassandra` starts on this machine. */
export const localCassandraSettings = {
  port: integer("PULSE_LOCAL_CASSANDRA_PORT", {
    fallback: 19_042,
    min: 1,
    max: 65_535,
    doc: "The port of the Cassandra that `make cassandra` starts.",
  }),
  nodes: integer("NODES", { fallback: 1, min: 1, max: 3, doc: "How many nodes `make cassandra` starts: 1 or 3." }),
  heapMb: integer("PULSE_LOCAL_CASSANDRA_HEAP_MB", {
    fallback: 512,
    min: 256,
    max: 65_536,
    doc: "The memory for objects of each of its nodes; a node takes as much again.",
  }),
  dataDir: text("PULSE_DATA_DIR", {
    fallback: ".pulsemesh",
    expectation: "a folder's path",
    doc: "Where its nodes keep their data, under `cassandra/`.",
  }),
};

function pattern(
  variable: string,
  options: { pattern: RegExp; fallback: string; expectation: string; doc: string },
): Setting<string> {
  const { fallback, expectation, doc } = options;
  const parse = (value: string) => (options.pattern.test(value) ? value : undefined);
  return { variable, expectation, defaultText: fallback, doc, fallback, parse };
}

function contactPoints(variable: string, { doc }: { doc: string }): Setting<readonly string[] | undefined> {
  const parse = (value: string) => {
    const points = value.split(",").map((point) => point.trim());
    const isRight = points.every((point) => {
      // An IPv6 address stands in brackets where a port follows it.
      const parts = /^(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?$/.exec(point);
      return parts !== null && Number(parts[1] ?? 9042) <= 65_535;
    });
    return isRight ? points : undefined;
  };
  const expectation = "host:port, separated by commas";
  return { variable, expectation, defaultText: undefined, doc, fallback: undefined, parse };
}

function replication(
  variable: string,
  { doc }: { doc: string },
): Setting<Readonly<Record<string, number>> | undefined> {
  const parse = (value: string) => {
    const entries = value.split(",").map((entry) => /^\s*([A-Za-z0-9_.-]+):([1-9]\d?)\s*$/.exec(entry));
    const factors: Record<string, number> = {};
    for (const entry of entries) {
      if (entry?.[1] === undefined) return undefined;
      factors[entry[1]] = Number(entry[2]);
    }
    return factors;
  };
  const expectation = "data centres with their number of replicas, such as dc1:3,dc2:3";
  return { variable, expectation, defaultText: undefined, doc, fallback: undefined, parse };
}
