// Own spans where they really go: over a Collector of OpenTelemetry's modules, and to PulseMesh itself.
import { spawn } from "node:child_process";
import { expect, it, onTestFinished, vi } from "vitest";
import { isSkippedWithout } from "../dashboards/testing/tools.ts";
import { temporaryFolder } from "../local/testing/temporary-folder.ts";
import { freePort } from "../settings/tcp-ports.ts";
import { openOtlpReceiver } from "./otlp-receiver.ts";
import { type Platform, startPlatform, until } from "./platform.ts";
import { buildGo, pulsesOf, writeProgram } from "./senders/clients.ts";

/** Compiling a Collector takes minutes where Go's cache is empty. */
const TIMEOUT_MS = 1_800_000;
const PATIENT = { timeout: 60_000 };

function post({ ingest }: Platform, id: string): Promise<Response> {
  const body = JSON.stringify({ id, service_name: "checkout", latency_ms: 1, status: "ok" });
  return fetch(`${ingest}/pulse`, { method: "POST", headers: { "content-type": "application/json" }, body });
}

it.skipIf(isSkippedWithout("go"))(
  "a Collector takes own spans and hands them on",
  { timeout: TIMEOUT_MS },
  async () => {
    const receiver = await openOtlpReceiver();
    const folder = temporaryFolder();
    const port = await freePort();
    const config = writeProgram(
      folder,
      "collector.yaml",
      `
receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:${port}" } } } }
exporters: { otlphttp: { endpoint: "${receiver.endpoint}", compression: none } }
service:
  telemetry: { metrics: { level: none } }
  pipelines: { traces: { receivers: [otlp], exporters: [otlphttp] } }
`,
    );
    const collector = spawn(buildGo("collector", folder), ["--config", config], { stdio: "ignore" });
    onTestFinished(() => void collector.kill("SIGKILL"));
    const endpoint = `http://127.0.0.1:${port}`;
    await until("the Collector to listen", () =>
      fetch(endpoint).then(
        () => true,
        () => false,
      ),
    );
    const platform = await startPlatform({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
    onTestFinished(platform.dispose);
    expect((await post(platform, "1")).status).toBe(202);
    await vi.waitFor(async () => expect(await pulsesOf(platform, "checkout")).toHaveLength(1));
    await vi.waitFor(() => {
      const ofRequest = receiver.spans.find(({ name }) => name === "POST /pulse");
      const steps = receiver.spans.filter(({ traceId }) => traceId === ofRequest?.traceId);
      expect(steps.map(({ service }) => service).sort()).toEqual([
        "broker",
        "broker",
        "pulse-ingest",
        "pulse-ingest",
        "pulse-persist",
      ]);
    });
  },
);

it("PulseMesh takes its own spans as pulses, and the taking makes no further ones", {
  timeout: TIMEOUT_MS,
}, async () => {
  const platform = await startPlatform((ingest) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: ingest }));
  onTestFinished(platform.dispose);
  const own = (service: string) => pulsesOf(platform, `pulsemesh/${service}`);
  // Each comes with a later batch of spans: what the batches before had led to would be in it.
  for (let count = 1; count <= 4; count++) {
    expect((await post(platform, String(count))).status).toBe(202);
    await vi.waitFor(async () => expect((await own("pulse-ingest")).length).toBeGreaterThanOrEqual(count), PATIENT);
    await vi.waitFor(async () => expect((await own("pulse-persist")).length).toBeGreaterThanOrEqual(count), PATIENT);
  }
  expect(await own("pulse-ingest")).toHaveLength(4);
  expect(await own("pulse-persist")).toHaveLength(4);
  expect(await own("broker")).toHaveLength(4);
  expect((await own("pulse-ingest"))[0]).toMatchObject({
    source: "/otlp",
    status: "ok",
    metadata: { "http.route": "/pulse", "http.request.method": "POST", "http.response.status_code": "202" },
  });
});
