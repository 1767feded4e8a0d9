import { Client, errors } from "cassandra-driver";
import type { CassandraSettings } from "../../settings/cassandra-settings.ts";
import { SettingsError } from "../../settings/read.ts";
import { clientOptionsOf } from "./client-options.ts";
import { connect, onReconnectionError } from "./control-connection.ts";
import { isWrongDataCenter, reasonOf } from "./driver-failure.ts";

/** A connected client of the driver. */
export interface DriverClient {
  client: Client;
  /** Why the last connection to a node failed. While a node counts as down, the driver's errors do not say it. */
  lastCause(): unknown;
}

/** Cassandra cannot be used as the settings say. The message names the remedy and holds no secret. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
  /** True when no second attempt can help: a setting is wrong. */
  readonly isSettingWrong: boolean;

  constructor(message: string, isSettingWrong: boolean, cause: unknown) {
    super(message, { cause });
    this.isSettingWrong = isSettingWrong;
  }
}

/** Connects to the nodes that the settings name. @throws {SettingsError} @throws {ConnectionError}; no connection stays open then. */
export async function connectDriver(
  settings: CassandraSettings,
  onError: (error: unknown) => void = () => {},
): Promise<DriverClient> {
  const options = await clientOptionsOf(settings).catch((error: Error) => {
    if (error instanceof SettingsError) throw error;
    throw new ConnectionError(`Cassandra: ${error.message}`, false, error);
  });
  const client = new Client(options);
  let cause: unknown;
  client.on("log", (level: string, _from: string, _message: string, error: unknown) => {
    if (level !== "warning" && level !== "error") return;
    if (error instanceof Error && !(error instanceof errors.NoHostAvailableError)) cause = error;
  });
  client.on("hostUp", () => {
    cause = undefined;
  });
  onReconnectionError(client, onError);
  try {
    await connect(client);
  } catch (error) {
    throw new ConnectionError(reasonOf(error, cause), isWrongDataCenter(error), error);
  }
  // What went wrong before, such as one node of three, is no cause of what comes.
  cause = undefined;
  return { client, lastCause: () => cause };
}
