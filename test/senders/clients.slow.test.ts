// The clients that docs/senders.md has recipes for, as their makers publish them.
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { isSkippedWithout } from "../../dashboards/testing/tools.ts";
import { temporaryFolder } from "../../local/testing/temporary-folder.ts";
import { type Platform, startPlatform } from "../platform.ts";
import {
  expectPulse,
  hereIs,
  installJars,
  installPython,
  MADE_ID,
  madeIdentity,
  otelVariables,
  pulsesOf,
  recipesIn,
  runClient,
  writeProgram,
} from "./clients.ts";

const TIMEOUT_MS = 1_800_000;

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform();
});
afterAll(() => platform?.dispose());

const patient = { timeout: 60_000 };

it.skipIf(isSkippedWithout("python3"))("OpenTelemetry's SDK for Python", { timeout: TIMEOUT_MS }, async () => {
  const folder = temporaryFolder();
  const python = installPython(["opentelemetry-sdk==1.45.2", "opentelemetry-exporter-otlp-proto-http==1.45.2"], folder);
  const program = recipesIn("python").find((code) => code.includes("opentelemetry")) as string;
  const file = writeProgram(folder, "trace.py", program);
  for (const [compression, service] of [
    ["none", "python"],
    ["gzip", "python-gzip"],
  ] as const) {
    const own = { OTEL_SERVICE_NAME: service, OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: compression };
    const ran = await runClient(python, [file], { ...otelVariables(platform), ...own });
    await vi.waitFor(async () => expect(await pulsesOf(platform, service)).toHaveLength(1), patient);
    const [pulse] = await pulsesOf(platform, service);
    expectPulse(pulse, ran, {
      service_name: service,
      source: "/otlp",
      ...madeIdentity(pulse),
      status: "ok",
      health: "up",
      // The SDK gives each process an id.
      metadata: {
        name: "nightly",
        "service.instance.id": expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
      },
    });
  }
});

it.skipIf(isSkippedWithout("java", "mvn"))("Brave with Zipkin's reporter", { timeout: TIMEOUT_MS }, async () => {
  const folder = temporaryFolder();
  const jars = installJars(
    [
      "io.zipkin.reporter2:zipkin-reporter:3.5.1",
      "io.zipkin.reporter2:zipkin-reporter-brave:3.5.1",
      "io.zipkin.reporter2:zipkin-sender-urlconnection:3.5.1",
      "io.zipkin.brave:brave:6.3.0",
      "io.zipkin.zipkin2:zipkin:3.5.1",
    ],
    folder,
  );
  const program = recipesIn("java").find((code) => code.includes("brave")) as string;
  const file = writeProgram(folder, "Trace.java", hereIs(program, platform));
  const ran = await runClient("java", ["-cp", jars, file], {});
  await vi.waitFor(async () => expect(await pulsesOf(platform, "payments")).toHaveLength(1), patient);
  const [pulse] = await pulsesOf(platform, "payments");
  expectPulse(pulse, ran, {
    service_name: "payments",
    source: "/zipkin",
    ...madeIdentity(pulse, "SERVER", 16),
    status: "ok",
    health: "up",
    metadata: { name: "get /pay" },
  });
});

it.skipIf(isSkippedWithout("wget"))("wget", { timeout: TIMEOUT_MS }, async () => {
  const ran = await runClient("wget", ["-q", "-O", "-", `${platform.ingest}/ping/by-wget`], {});
  expect(ran.stdout).toBe("OK\n");
  await vi.waitFor(async () => expect(await pulsesOf(platform, "by-wget")).toHaveLength(1), patient);
  const [pulse] = await pulsesOf(platform, "by-wget");
  expectPulse(pulse, ran, {
    service_name: "by-wget",
    source: "/ping",
    id: MADE_ID,
    latency_ms: 0,
    status: "ok",
    health: "up",
    metadata: {},
  });
});
