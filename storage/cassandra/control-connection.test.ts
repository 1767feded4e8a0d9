import { Client } from "cassandra-driver";
import { describe, expect, it, onTestFinished } from "vitest";
import { clientOptionsOf } from "./client-options.ts";
import { onReconnectionError } from "./control-connection.ts";
import { skipReason, testSettings } from "./test-keyspace.ts";

interface Reconnecting {
  controlConnection: { connection: unknown; _refresh(): Promise<void>; _refreshHosts(): Promise<void> };
}

describe.skipIf(skipReason() !== undefined)("a client of Cassandra", () => {
  it("tells of the error by which the driver's reconnection ends when another takes its connection away", async () => {
    const client = new Client(await clientOptionsOf(testSettings()));
    onTestFinished(() => client.shutdown());
    await client.connect();
    const errors: unknown[] = [];
    onReconnectionError(client, (error) => errors.push(error));
    const { controlConnection } = client as unknown as Reconnecting;
    // What another reconnection does at the worst moment.
    controlConnection._refreshHosts = async () => {
      controlConnection.connection = null;
      throw new Error("the connection was closed");
    };
    await controlConnection._refresh();
    expect(errors).toEqual([expect.any(TypeError)]);
  });
});
