// The store is away for a minute while services pulse, which are late after ten seconds of silence: on a real Cassandra, behind a proxy
// that is cut, with real processes. All that waited comes in the end, and nobody is told anything.
import { randomUUID } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from "vitest";
import { DAY_MS } from "../events/time.ts";
import { type Cassandra, startCassandra } from "../local/cassandra/cluster.ts";
import { cassandraSettings } from "../settings/cassandra-settings.ts";
import { readSettings } from "../settings/read.ts";
import { openCassandraPulseStore } from "../storage/cassandra/pulse-store.ts";
import { makeKeyspace } from "../storage/testing/keyspace.ts";
import { openNodeProxy } from "../storage/testing/node-proxy.ts";
import { temporaryFolder } from "../storage/testing/temporary-folder.ts";
import { startPlatform } from "./platform.ts";

const SERVICES = ["cart", "checkout"];
const AWAY_MS = 60_000;
const EVER = { from: 0, to: Number.POSITIVE_INFINITY };

let cassandra: Cassandra;
beforeAll(async () => {
  cassandra = await startCassandra({ dataDir: mkdtempSync(join(tmpdir(), "pulsemesh-outage-")), isForTests: true });
});
afterAll(() => cassandra?.stop());

it("nobody is late because the store was away, and nothing flaps after it", async () => {
  const proxy = await openNodeProxy(cassandra.contactPoints[0] as string);
  const keyspace = `pulse_outage_${randomUUID().slice(0, 8)}`;
  const envOf = (address: string) => ({
    PULSE_CASSANDRA_CONTACT_POINTS: address,
    PULSE_CASSANDRA_LOCAL_DC: cassandra.localDataCenter,
    PULSE_CASSANDRA_KEYSPACE: keyspace,
  });
  const settings = readSettings(cassandraSettings, envOf(cassandra.contactPoints[0] as string));
  await makeKeyspace(settings);
  const store = openCassandraPulseStore({ settings, retentionMs: 30 * DAY_MS });
  onTestFinished(() => store.close());
  await store.check();

  const told: string[] = [];
  const receiver = createServer((request, response) => {
    told.push(`${request.headers["ce-subject"]} ${request.headers["ce-type"]} ${request.headers["ce-health"]}`);
    request.resume().on("end", () => response.writeHead(204).end());
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void receiver.close());
  const folder = temporaryFolder();
  const [triggers, services] = [join(folder, "webhook.yaml"), join(folder, "services.yaml")];
  writeFileSync(
    triggers,
    `apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: { name: webhook }
spec:
  broker: pulsemesh
  filters: [{ prefix: { type: dev.pulsemesh.health. } }]
  subscriber: { uri: "http://127.0.0.1:${(receiver.address() as AddressInfo).port}/" }
`,
  );
  writeFileSync(services, '- { services: "*", period: 5s, grace: 5s }\n');
  const platform = await startPlatform(
    { ...envOf(proxy.address), PULSE_TRIGGERS_FILE: triggers, PULSE_SERVICES_FILE: services },
    folder,
  );
  onTestFinished(() => void platform.dispose());

  const pulsing = setInterval(() => {
    const pulses = SERVICES.map((service_name) => ({ service_name, latency_ms: 1, status: "ok" }));
    const headers = { "content-type": "application/json" };
    fetch(`${platform.ingest}/pulse`, { method: "POST", headers, body: JSON.stringify(pulses) }).catch(() => {});
  }, 2000);
  onTestFinished(() => clearInterval(pulsing));
  const judged = (service: string) => store.health.runs(service, EVER);
  const patience = { timeout: 300_000, interval: 500 };
  for (const service of SERVICES) await vi.waitFor(async () => expect(await judged(service)).toHaveLength(1), patience);
  const before = [...told];
  await proxy.cut();
  await delay(AWAY_MS);
  await proxy.open();
  const backAt = Date.now();
  // What failed longest is tried again after 51 s.
  await vi.waitFor(async () => expect(await store.health.judgedUntil()).toBeGreaterThan(backAt + 75_000), patience);
  for (const service of SERVICES) expect((await judged(service)).map(({ health }) => health)).toEqual(["up"]);
  expect(told).toEqual(before);
});
