import { Client } from "cassandra-driver";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { pulseOf, STORED, storeOpener } from "../testing/cassandra-pulse-store.ts";
import { skipReason, testSettings } from "../testing/keyspace.ts";
import { clientOptionsOf } from "./client-options.ts";
import { onReconnectionError } from "./control-connection.ts";

/** Has a client reconnect and lose its connection to another reconnection at the worst moment. */
async function failToReconnect(client: Client): Promise<void> {
  const { controlConnection } = client as unknown as {
    controlConnection: { connection: unknown; _refresh(): Promise<void>; _refreshHosts(): Promise<void> };
  };
  controlConnection._refreshHosts = async () => {
    controlConnection.connection = null;
    throw new Error("the connection was closed");
  };
  await controlConnection._refresh();
}

describe.skipIf(skipReason() !== undefined)("a reconnection of the driver that ends by an error", () => {
  const open = storeOpener();

  it("is heard of", async () => {
    const client = new Client(await clientOptionsOf(testSettings()));
    onTestFinished(() => client.shutdown());
    const errors: unknown[] = [];
    onReconnectionError(client, (error) => errors.push(error));
    await client.connect();
    await failToReconnect(client);
    expect(errors).toEqual([expect.any(TypeError)]);
  });

  it("is followed by a session made anew", async () => {
    const connect = vi.spyOn(Client.prototype, "connect");
    onTestFinished(() => connect.mockRestore());
    const store = open();
    await expect.poll(() => store.check().then(() => "ready", String)).toBe("ready");
    await failToReconnect(connect.mock.contexts[0] as Client);
    await expect.poll(() => store.write([pulseOf()])).toEqual(STORED);
    expect(connect).toHaveBeenCalledTimes(2);
  });
});
