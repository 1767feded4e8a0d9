// A function under its real runtime and the local broker answer the same raw requests alike.
import { pino } from "pino";
import { expect, it, onTestFinished, vi } from "vitest";
import { openBrokerClient } from "../functions/broker-client.ts";
import { compose } from "../functions/pulse-ingest/compose.ts";
import { openBroker } from "../functions/testing/broker.ts";
import { openFunctionHost } from "../functions/testing/function-host.ts";
import { describeConnections } from "../http/testing/connection-contract.ts";
import { fillReading, type OpenHost } from "../http/testing/host.ts";
import { describeRequests } from "../http/testing/request-contract.ts";
import { openTestBroker } from "../local/testing/broker.ts";

const MIB = 1024 * 1024;

const openIngest: OpenHost = async ({ requestTimeoutMs = 10_000, answerTimeoutMs = 30_000, graceMs = 20_000 } = {}) => {
  const broker = await openBroker();
  const host = await openFunctionHost(compose, {
    K_SINK: broker.url,
    PULSE_MAX_BODY_BYTES: String(MIB / 4),
    PULSE_MAX_READING_BYTES: String(MIB),
    PULSE_REQUEST_TIMEOUT_MS: String(requestTimeoutMs),
    PULSE_ANSWER_TIMEOUT_MS: String(answerTimeoutMs),
    PULSE_SHUTDOWN_GRACE_MS: String(graceMs),
  });
  onTestFinished(async () => {
    await host.close();
    await broker.close();
  });
  const body = JSON.stringify({ service_name: "checkout", latency_ms: 1, status: "ok" });
  const post = { path: "/pulse", headers: {}, body };
  return { ...host, post, queryStatus: 202, maxBodyBytes: MIB / 4, maxReadingBytes: MIB };
};

const openLocalBroker: OpenHost = async (options = {}) => {
  const { broker, logLines } = await openTestBroker({ graceMs: 20_000, ...options });
  const headers = { "ce-specversion": "1.0", "ce-id": "1", "ce-source": "/shop", "ce-type": "dev.test" };
  return {
    port: broker.port,
    post: { path: "/default/pulsemesh", headers, body: "{}" },
    queryStatus: 404,
    maxBodyBytes: MIB,
    maxReadingBytes: 32 * MIB,
    lines: logLines,
    stop: broker.close,
  };
};

describeRequests("pulse-ingest", openIngest);
describeConnections("pulse-ingest", openIngest);
describeRequests("the local broker", openLocalBroker);
describeConnections("the local broker", openLocalBroker);

it("a function sends its event again to a local broker that is reading too many bytes", async () => {
  const host = await openLocalBroker({ requestTimeoutMs: 120_000 });
  const release = await fillReading(host);
  const failures: string[] = [];
  const url = new URL(`http://localhost:${host.port}${host.post.path}`);
  const client = openBrokerClient({
    url,
    connections: 1,
    deadlineMs: 60_000,
    onError: (kind) => failures.push(kind),
    log: pino({ level: "silent" }),
  });
  onTestFinished(() => client.close());
  const data = { kind: "json", value: "x".repeat(1000) } as const;
  const sent = client.send({ id: "1", source: "/shop", type: "dev.test", data, extensions: {} });
  await vi.waitFor(() => expect(failures).toContain("unavailable"));
  release();
  expect(await sent).toEqual({ kind: "accepted", uncertainTries: 0 });
});
