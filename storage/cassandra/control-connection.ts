// A defect of the driver (NODEJS-681, its 4.10.0 has it): after several losses its control connection may reconnect twice
// at once, one of which takes the connection from under the other. The error has no listener and would end the process.
import type { Client } from "cassandra-driver";

interface Reconnecting {
  controlConnection: { _refresh: (...args: unknown[]) => Promise<void> };
}

/** Tells when the control connection has given up by an error; what it would go on with is then in no good state. */
export function onReconnectionError(client: Client, listener: (error: unknown) => void): void {
  const { controlConnection } = client as unknown as Reconnecting;
  const refresh = controlConnection._refresh.bind(controlConnection);
  controlConnection._refresh = (...args) => refresh(...args).catch(listener);
}
