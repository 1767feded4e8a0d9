import { readFile } from "node:fs/promises";
import { auth, type ClientOptions, policies, types } from "cassandra-driver";
import type { CassandraSettings } from "../../settings/cassandra-settings.ts";

/**
 * How the driver is set up. Files are read anew for each attempt to connect, so that a password or a certificate can be
 * changed without a restart. @throws naming the setting of a file that cannot be read, and never what is in it.
 */
export async function clientOptionsOf(settings: CassandraSettings): Promise<ClientOptions> {
  const { contactPoints, localDataCenter, requestTimeoutMs } = settings;
  if (contactPoints === undefined) {
    throw new Error("PULSE_CASSANDRA_CONTACT_POINTS: Expected host:port, separated by commas, got nothing: set it");
  }
  const options: ClientOptions = {
    contactPoints: [...contactPoints],
    localDataCenter,
    protocolOptions: {
      // The nodes tell each other's addresses without ports: the driver takes this one for all that it is not told of.
      port: Number(/(?<=[^:]:|\]:)\d+$/.exec(contactPoints[0] ?? "")?.[0] ?? 9042),
      // The highest that the driver and Cassandra share; without it, two connections are made and refused first.
      maxVersion: types.protocolVersion.v4,
    },
    // A metadata key may be `__proto__`, which a plain object would lose.
    encoding: { map: Map },
    // A node that came back is used within 5 s; the driver's own default may take minutes.
    policies: { reconnection: new policies.reconnection.ExponentialReconnectionPolicy(200, 5000, false) },
    pooling: { heartBeatInterval: 10_000 },
    socketOptions: {
      connectTimeout: Math.max(1000, requestTimeoutMs),
      readTimeout: requestTimeoutMs,
      defunctReadTimeoutThreshold: 8,
    },
    // Every statement of ours may be sent twice: its timestamp belongs to what it writes, not to when.
    queryOptions: { consistency: types.consistencies.localQuorum, prepare: true, isIdempotent: true },
  };
  const password = await readSecret("PULSE_CASSANDRA_PASSWORD_FILE", settings.passwordFile);
  if (settings.user !== undefined) {
    if (password === undefined) {
      throw new Error("PULSE_CASSANDRA_PASSWORD_FILE: Expected a file's path beside PULSE_CASSANDRA_USER, got nothing");
    }
    options.authProvider = new auth.PlainTextAuthProvider(settings.user, password.toString().replace(/\r?\n$/, ""));
  }
  const ca = await readSecret("PULSE_CASSANDRA_CA_FILE", settings.caFile);
  const cert = await readSecret("PULSE_CASSANDRA_CERT_FILE", settings.certFile);
  const key = await readSecret("PULSE_CASSANDRA_KEY_FILE", settings.keyFile);
  if (ca !== undefined || cert !== undefined) {
    options.sslOptions = { rejectUnauthorized: true, ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
    if (settings.tlsServerName !== undefined) options.sslOptions.servername = settings.tlsServerName;
  }
  return options;
}

async function readSecret(variable: string, path: string | undefined): Promise<Buffer | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? "an error";
    throw new Error(`${variable}: Expected a file that can be read, got ${code} for ${path}`, { cause });
  }
}
