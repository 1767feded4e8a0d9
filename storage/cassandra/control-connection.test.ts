import { Client } from "cassandra-driver";
import { expect, it, onTestFinished, vi } from "vitest";
import { STORED } from "../outcome.ts";
import { openTestClient, openTestStore } from "../testing/cassandra-store.ts";
import { describeUnless } from "../testing/describe-unless.ts";
import { pulseOf } from "../testing/pulses.ts";
import { skipReason } from "../testing/shared-cassandra.ts";
import { onReconnectionError } from "./control-connection.ts";

/** Makes a client reconnect and lose its connection to another reconnection at the worst moment. */
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

describeUnless(skipReason(), "a reconnection of the driver that fails", () => {
  it("calls the listener", async () => {
    const client = await openTestClient();
    const errors: unknown[] = [];
    onReconnectionError(client, (error) => errors.push(error));
    await client.connect();
    await failToReconnect(client);
    expect(errors).toEqual([expect.any(TypeError)]);
  });

  it("makes the session connect again", async () => {
    const connect = vi.spyOn(Client.prototype, "connect");
    onTestFinished(() => connect.mockRestore());
    const store = openTestStore();
    await expect.poll(() => store.check().then(() => "ready", String)).toBe("ready");
    await failToReconnect(connect.mock.contexts[0] as Client);
    await expect.poll(() => store.write([pulseOf()])).toEqual(STORED);
    expect(connect).toHaveBeenCalledTimes(2);
  });
});
