// The queries of the dashboard Cassandra about its nodes, on a real node with the JMX exporter and a real Prometheus.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { boards } from "../../dashboards/boards/boards.ts";
import { hasten } from "../../dashboards/testing/hastened-timing.ts";
import { fillIn, queriesOfBoard } from "../../dashboards/testing/queries.ts";
import { ruleOptions } from "../../dashboards/testing/rule-options.ts";
import { isSkippedWithout } from "../../dashboards/testing/tools.ts";
import { cacheDirOf } from "../../local/cassandra/jars.ts";
import { runProgram } from "../../local/cassandra/java.ts";
import { freePort } from "../../settings/tcp-ports.ts";
import { openCassandraPulseStore } from "../../storage/cassandra/pulse-store.ts";
import { makeKeyspace, RETENTION_MS } from "../../storage/testing/keyspace.ts";
import { readLatest } from "../../storage/testing/read-back.ts";
import { type Monitoring, startMonitoring } from "../monitoring.ts";
import { until } from "../platform.ts";
import { type OwnCassandra, startOwnCassandra, whyNoProcesses } from "./own-cassandra.ts";

/** The last version at Maven; later ones are on GitHub only. */
const VERSION = "1.0.1";
const COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy";
const ARTIFACT = `io.prometheus.jmx:jmx_prometheus_javaagent:${VERSION}`;
const TIMING = hasten(10, 20);
const skip = await whyNoProcesses();

describe.skipIf(skip !== undefined || isSkippedWithout("prometheus", "prometheus-alertmanager"))(
  `a node that exports its metrics${skip === undefined ? "" : ` (skipped: ${skip})`}`,
  () => {
    let own: OwnCassandra;
    let monitoring: Monitoring;

    beforeAll(async () => {
      const port = await freePort(["127.0.0.1"]);
      const javaAgent = `${await provideAgent()}=127.0.0.1:${port}:${resolve("dashboards/cassandra-jmx.yaml")}`;
      own = await startOwnCassandra({ commitlogSync: "periodic", javaAgent });
      await makeKeyspace(own.settings);
      const settings = { ...own.settings, requestTimeoutMs: 20_000 };
      const store = openCassandraPulseStore({ settings, retentionMs: RETENTION_MS });
      const pulse = { service_name: "s", event_time: Date.now(), latency_ms: 1, status: "ok", id: "1", source: "/" };
      await until("a pulse to be stored", async () => (await store.write([pulse])).kind === "stored");
      await readLatest(store);
      await store.close();
      monitoring = await startMonitoring({ cassandra: `127.0.0.1:${port}` }, ruleOptions(TIMING));
    }, 300_000);

    afterAll(async () => {
      await monitoring?.dispose();
      await own?.cassandra.stop();
    }, 60_000);

    const ofNodes = queriesOfBoard(boards(TIMING).cassandra).filter(({ expr }) => /\bcassandra_/.test(expr));

    it("answers every query of the dashboard", async () => {
      expect(ofNodes.length).toBeGreaterThan(5);
      for (const { place, expr } of ofNodes) {
        const text = fillIn(expr, { __rate_interval: "20s" });
        await until(`${place} to have data: ${text}`, async () => (await monitoring.ask(text)).length > 0);
      }
    });

    it("tells in seconds how long a write took, by its own clock", async () => {
      const [write] = await monitoring.ask('cassandra_client_request_latency_seconds{scope="Write"}');
      expect(Number(write?.values[0])).toBeGreaterThan(0.00001);
      expect(Number(write?.values[0])).toBeLessThan(30);
    });
  },
);

/** Downloads the exporter's jar by Maven, unless it is there. */
async function provideAgent(): Promise<string> {
  const folder = cacheDirOf(process.env);
  const jar = join(folder, `jmx_prometheus_javaagent-${VERSION}.jar`);
  if (existsSync(jar)) return jar;
  const { code, output } = await runProgram("mvn", [
    "-B",
    "-q",
    COPY,
    `-Dartifact=${ARTIFACT}`,
    `-DoutputDirectory=${folder}`,
  ]);
  if (code !== 0) throw new Error(`Expected Maven to bring ${ARTIFACT}, got:\n${output}`);
  return jar;
}
