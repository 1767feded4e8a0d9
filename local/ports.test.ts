import { once } from "node:events";
import { createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { freePort } from "../settings/free-port.ts";
import { findPortFaults } from "./ports.ts";

describe("ports", () => {
  it.each(["127.0.0.1", "::"])("one in use on %s is named, with its setting", async (host) => {
    const server = createServer().listen(0, host);
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const free = await freePort();
    const faults = await findPortFaults([
      { name: "pulse-ingest", port, portVariable: "PULSE_LOCAL_INGEST_PORT" },
      { name: "broker", port: free, portVariable: "PULSE_LOCAL_BROKER_PORT" },
    ]);
    expect(faults).toEqual([
      `PULSE_LOCAL_INGEST_PORT: Expected a free port for pulse-ingest, got ${port}, which is in use: stop what listens there, or set PULSE_LOCAL_INGEST_PORT to another port`,
    ]);
  });

  it("one given twice is named", async () => {
    const port = await freePort();
    const faults = await findPortFaults([
      { name: "pulse-ingest", port, portVariable: "A" },
      { name: "broker", port, portVariable: "B" },
    ]);
    expect(faults).toEqual([`B: Expected a port of its own for broker, got ${port}, which is pulse-ingest's`]);
  });
});
