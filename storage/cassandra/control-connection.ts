// Why: in driver 4.10.0 (NODEJS-681) a control connection that was lost several times may reconnect twice at once, and one
// attempt takes the connection from the other. Nothing listens to the error, which would end the process.
import type { Client } from "cassandra-driver";

interface Reconnecting {
  controlConnection: { _refresh: (...args: unknown[]) => Promise<void> };
}

/** Calls the listener when the control connection failed to reconnect; the client is then in no good state. */
export function onReconnectionError(client: Client, listener: (error: unknown) => void): void {
  const { controlConnection } = client as unknown as Reconnecting;
  const refresh = controlConnection._refresh.bind(controlConnection);
  controlConnection._refresh = (...args) => refresh(...args).catch(listener);
}
