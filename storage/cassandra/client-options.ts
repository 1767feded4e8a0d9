import { readFile } from "node:fs/promises";
import { auth, type ClientOptions, policies, types } from "cassandra-driver";
import { requireWholeAccess } from "../../settings/cassandra-access.ts";
import type { CassandraSettings } from "../../settings/cassandra-settings.ts";

/**
 * The driver's options. Each attempt to connect reads the files again, so that a password or a certificate can change
 * without a restart. @throws naming the setting of a file that cannot be read, and never what is in it
 * @throws {SettingsError} when a setting would be ignored without another
 */
export async function clientOptionsOf(settings: CassandraSettings): Promise<ClientOptions> {
  requireWholeAccess(settings);
  const { contactPoints, localDataCenter, requestTimeoutMs, user, tlsServerName } = settings;
  if (contactPoints === undefined) {
    throw new Error("PULSE_CASSANDRA_CONTACT_POINTS: Expected host:port, separated by commas, got nothing: set it");
  }
  const options: ClientOptions = {
    contactPoints: [...contactPoints],
    localDataCenter,
    protocolOptions: {
      // Nodes tell each other's addresses without ports: the driver uses this port for every node that it learns of.
      port: Number(/(?<=[^:]:|\]:)\d+$/.exec(contactPoints[0] ?? "")?.[0] ?? 9042),
      // The highest that the driver and Cassandra share; without it, the node refuses two connections first.
      maxVersion: types.protocolVersion.v4,
    },
    // A metadata key may be `__proto__`, which a plain object would lose.
    encoding: { map: Map },
    // A node that comes back is used within 5 s; with the driver's default it may take minutes.
    policies: { reconnection: new policies.reconnection.ExponentialReconnectionPolicy(200, 5000, false) },
    pooling: { heartBeatInterval: 10_000 },
    socketOptions: {
      connectTimeout: Math.max(1000, requestTimeoutMs),
      readTimeout: requestTimeoutMs,
      defunctReadTimeoutThreshold: 8,
    },
    // Every statement may run twice: its timestamp comes from what it writes, not from the moment.
    queryOptions: { consistency: types.consistencies.localQuorum, prepare: true, isIdempotent: true },
  };
  const password = await readSecret("PULSE_CASSANDRA_PASSWORD_FILE", settings.passwordFile);
  if (user !== undefined && password !== undefined) {
    options.authProvider = new auth.PlainTextAuthProvider(user, password.toString().replace(/\r?\n$/, ""));
  }
  const ca = await readSecret("PULSE_CASSANDRA_CA_FILE", settings.caFile);
  const cert = await readSecret("PULSE_CASSANDRA_CERT_FILE", settings.certFile);
  const key = await readSecret("PULSE_CASSANDRA_KEY_FILE", settings.keyFile);
  if (ca !== undefined || cert !== undefined) {
    const servername = tlsServerName === undefined ? {} : { servername: tlsServerName };
    options.sslOptions = { rejectUnauthorized: true, ca, cert, key, ...servername };
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
