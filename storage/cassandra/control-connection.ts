// The driver's control connection has two faults in 4.10.0. One that was lost several times may reconnect twice at once
// (NODEJS-681), and one attempt takes the connection from the other: nothing listens to the error, which would end the
// process. And a first connection that is of no use, as under a wrong name of the data centre, stays open for ever.
import type { Client } from "cassandra-driver";

interface Connection {
  closeAsync(): Promise<void>;
}

interface ControlConnection {
  _refresh(...args: unknown[]): Promise<void>;
  _createConnection(contactPoint: string): Promise<Connection>;
}

const controlConnectionOf = (client: Client) =>
  (client as unknown as { controlConnection: ControlConnection }).controlConnection;

/** Calls the listener when the control connection failed to reconnect; the client is then in no good state. */
export function onReconnectionError(client: Client, listener: (error: unknown) => void): void {
  const controlConnection = controlConnectionOf(client);
  const refresh = controlConnection._refresh.bind(controlConnection);
  controlConnection._refresh = (...args) => refresh(...args).catch(listener);
}

/** Connects a client. When that fails, no connection stays open. */
export async function connect(client: Client): Promise<void> {
  const controlConnection = controlConnectionOf(client);
  const create = controlConnection._createConnection.bind(controlConnection);
  const opened: Connection[] = [];
  controlConnection._createConnection = async (contactPoint) => {
    const connection = await create(contactPoint);
    opened.push(connection);
    return connection;
  };
  try {
    await client.connect();
  } catch (error) {
    // The driver reconnects a control connection that is closed under it.
    controlConnection._refresh = async () => {};
    await Promise.all(opened.map((connection) => connection.closeAsync().catch(() => {})));
    await client.shutdown().catch(() => {});
    throw error;
  } finally {
    controlConnection._createConnection = create;
  }
}
