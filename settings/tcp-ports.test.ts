import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { findPortFaults, freePort, requireFreePort, takesConnections } from "./tcp-ports.ts";

/** Listens for the running test; returns the port. */
async function occupyPort(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

describe("a free port", () => {
  it("is sought by every process from another start", async () => {
    const ports = new Set<number>();
    for (let i = 0; i < 5; i++) {
      vi.resetModules(); // as in another process
      ports.add(await (await import("./tcp-ports.ts")).freePort());
    }
    // Two of the five may meet by chance, once in two thousand runs.
    expect(ports.size).toBeGreaterThan(3);
  });

  it("is free at every address that was asked for", async () => {
    const port = await freePort(["127.0.0.1"]);
    await requireFreePort(port, ["127.0.0.1"], "PORT");
    expect(await takesConnections("127.0.0.1", port)).toBe(false);
  });
});

describe("a port that must be free", () => {
  it("is named with its setting when it is in use", async () => {
    const port = await occupyPort("127.0.0.1");
    await expect(requireFreePort(port, ["127.0.0.1"], "PULSE_LOCAL_CASSANDRA_PORT")).rejects.toThrow(
      `Expected port ${port} of 127.0.0.1 to be free, got EADDRINUSE: set PULSE_LOCAL_CASSANDRA_PORT to another`,
    );
    expect(await takesConnections("127.0.0.1", port)).toBe(true);
  });

  it("is refused at an address that this machine does not have, with the command that adds the address", async () => {
    await expect(requireFreePort(1, ["192.0.2.1"], "PORT")).rejects.toThrow(/ifconfig lo0 alias 192.0.2.1/);
  });
});

describe("claimed ports", () => {
  it.each(["127.0.0.1", "::"])("name the setting of a port in use on %s", async (host) => {
    const port = await occupyPort(host);
    const faults = await findPortFaults([
      { name: "pulse-ingest", port, portVariable: "PULSE_LOCAL_INGEST_PORT" },
      { name: "broker", port: await freePort(), portVariable: "PULSE_LOCAL_BROKER_PORT" },
    ]);
    expect(faults).toEqual([
      `PULSE_LOCAL_INGEST_PORT: Expected a free port for pulse-ingest, got ${port}, which is in use: stop what listens there, or set PULSE_LOCAL_INGEST_PORT to another port`,
    ]);
  });

  it("name the setting of a port that is claimed twice", async () => {
    const port = await freePort();
    const faults = await findPortFaults([
      { name: "pulse-ingest", port, portVariable: "A" },
      { name: "broker", port, portVariable: "B" },
    ]);
    expect(faults).toEqual([`B: Expected a separate port for broker, got ${port}, which is pulse-ingest's`]);
  });
});
