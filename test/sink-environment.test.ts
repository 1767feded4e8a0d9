// What SinkBinding adds to the environment of what it binds, K_CE_OVERRIDES and K_CA_CERTS, beside a broker with real TLS.
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { createServer, type Server } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { isSkippedWithout } from "../dashboards/testing/tools.ts";
import { compose as composeDeadLetter } from "../functions/pulse-deadletter/compose.ts";
import { compose as composeIngest } from "../functions/pulse-ingest/compose.ts";
import { type FunctionHost, openFunctionHost } from "../functions/testing/function-host.ts";
import { metricOf } from "../functions/testing/ingest-function.ts";
import { type FunctionProcess, startFunction } from "./function-process.ts";

const PULSE = { service_name: "checkout", latency_ms: 1, status: "ok" };
const OVERRIDES = JSON.stringify({ extensions: { Team: "shop, 50 %", health: "overridden" } });
const ADDED = { "ce-team": "shop,%2050%20%25", "ce-health": "overridden" };

describe.skipIf(isSkippedWithout("openssl"))("a function that is bound to a broker with TLS", () => {
  const folder = mkdtempSync(join(tmpdir(), "pulse-sink-"));
  const file = (name: string) => join(folder, name);
  const openssl = (args: string) => execFileSync("openssl", args.split(" "), { cwd: folder, stdio: "pipe" });
  const received: IncomingHttpHeaders[] = [];
  const open: (FunctionHost | FunctionProcess)[] = [];
  let server: Server;
  let K_SINK: string;
  let K_CA_CERTS: string;

  beforeAll(async () => {
    const key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    for (const ca of ["ca", "other"]) {
      openssl(`req -x509 ${key} -days 2 -subj /CN=${ca} -keyout ${ca}.key -out ${ca}.pem`);
    }
    openssl(`req ${key} -subj /CN=broker -keyout broker.key -out broker.csr`);
    writeFileSync(file("broker.ext"), "subjectAltName=DNS:localhost");
    openssl(
      "x509 -req -in broker.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile broker.ext -out broker.pem",
    );
    const tls = { key: readFileSync(file("broker.key")), cert: readFileSync(file("broker.pem")) };
    server = createServer(tls, (request, response) => {
      received.push(request.headers);
      request.resume().on("end", () => response.writeHead(202).end());
    }).listen(0, "localhost");
    await once(server, "listening");
    K_SINK = `https://localhost:${(server.address() as { port: number }).port}/default/pulsemesh`;
    K_CA_CERTS = readFileSync(file("ca.pem"), "utf8");
  });
  afterEach(async () => {
    received.length = 0;
    for (const one of open.splice(0)) await ("kill" in one ? one.kill() : one.close());
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function openHost(...args: Parameters<typeof openFunctionHost>): Promise<FunctionHost> {
    const host = await openFunctionHost(...args);
    open.push(host);
    return host;
  }
  const send = (url: string, body: unknown) =>
    fetch(`${url}/pulse`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });

  it("trusts its authority, and adds the extensions to events of one pulse and of many", async () => {
    const host = await openHost(composeIngest, { K_SINK, K_CA_CERTS, K_CE_OVERRIDES: OVERRIDES });
    expect((await send(host.url, PULSE)).status).toBe(202);
    expect((await send(host.url, [PULSE, PULSE])).status).toBe(202);
    expect(received).toMatchObject([
      { "ce-partitionkey": "checkout", ...ADDED },
      { "ce-type": "dev.pulsemesh.pulses.v1", ...ADDED },
    ]);
  });

  it("adds them to the events that pulse-deadletter replays", async () => {
    const laptop = { PULSE_LISTEN_ADDRESS: "localhost", PULSE_DATA_DIR: folder };
    const env = { PULSE_FUNCTION: "pulse-deadletter", ...laptop, K_SINK, K_CA_CERTS };
    const host = await openHost(composeDeadLetter, { ...env, K_CE_OVERRIDES: OVERRIDES });
    const headers = { "ce-specversion": "1.0", "ce-id": "a", "ce-source": "/shop", "ce-type": "t", "ce-team": "own" };
    expect((await fetch(host.url, { method: "POST", headers, body: "{}" })).status).toBe(204);
    expect((await fetch(`${host.url}/dead-letters/replay`, { method: "POST" })).status).toBe(202);
    expect(received).toMatchObject([{ "ce-id": "a", ...ADDED }]);
  });

  it("sends nothing to a broker for which another authority vouches, and says why", async () => {
    const env = { K_SINK, K_CA_CERTS: readFileSync(file("other.pem"), "utf8") };
    const host = await openHost(composeIngest, env);
    const refused = await send(host.url, PULSE);
    expect(refused.status).toBe(503);
    expect(await refused.text()).toMatch(/the broker did not answer \((?:UNABLE_TO_VERIFY|SELF_SIGNED)/);
    expect(await metricOf(host, "pulsemesh_emit_unacknowledged_pulses_total")).toBe(0);
    expect(received).toEqual([]);
  });

  it("trusts the authorities that Node knows as before", async () => {
    const env = { K_SINK, K_CA_CERTS: readFileSync(file("other.pem"), "utf8"), NODE_EXTRA_CA_CERTS: file("ca.pem") };
    const ingest = await startFunction("pulse-ingest", { env });
    open.push(ingest);
    expect((await send(ingest.url, PULSE)).status).toBe(202);
  });
});
