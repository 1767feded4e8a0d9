/**
 * The image of Cassandra, on a cluster and where `make cassandra` runs it in Docker: by tag for the reader and by the digest of the
 * index of all platforms for the machine.
 */
export const CASSANDRA_IMAGE =
  "cassandra:5.0.9@sha256:d35e159439b302146f964919904f84fd3c2cebf347272b8cb8c4368c1cf200e5";
