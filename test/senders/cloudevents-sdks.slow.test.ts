// The SDKs of CloudEvents as they are published: what each sends in binary and in structured mode is stored field by field.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { isSkippedWithout } from "../../dashboards/testing/tools.ts";
import { temporaryFolder } from "../../local/testing/temporary-folder.ts";
import { type Platform, startPlatform } from "../platform.ts";
import {
  buildGo,
  buildRust,
  byId,
  expectPulse,
  installJars,
  installPython,
  pulsesOf,
  runClient,
  type Stretch,
  writeProgram,
} from "./clients.ts";

const TIMEOUT_MS = 1_800_000;

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform();
});
afterAll(() => platform?.dispose());

async function expectBoth(service: string, ran: Stretch): Promise<void> {
  await vi.waitFor(async () => expect(await pulsesOf(platform, service)).toHaveLength(2), { timeout: 60_000 });
  const pulses = (await pulsesOf(platform, service)).sort(byId);
  for (const [i, id] of ["binary", "structured"].entries()) {
    expectPulse(pulses[i], ran, {
      service_name: service,
      latency_ms: 12.5,
      status: "ok",
      health: "up",
      metadata: { zone: "ü" },
      id,
      source: "/sdk",
    });
  }
}

const PYTHON = `
import sys, urllib.request
URL, SERVICE = sys.argv[1:]
DATA = {"service_name": SERVICE, "latency_ms": 12.5, "status": "ok", "metadata": {"zone": "ü"}}
def attributes(mode):
    return {"type": "dev.pulsemesh.pulse.v1", "source": "/sdk", "id": mode, "datacontenttype": "application/json"}
def send(headers, body):
    with urllib.request.urlopen(urllib.request.Request(URL, body, dict(headers))) as answer:
        assert answer.status == 202, answer.status
`;

it.skipIf(isSkippedWithout("python3")).each([
  [
    "1.13.0",
    `from cloudevents.http import CloudEvent, to_binary, to_structured
send(*to_binary(CloudEvent(attributes("binary"), DATA)))
send(*to_structured(CloudEvent(attributes("structured"), DATA)))
`,
  ],
  [
    "2.2.0",
    `from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent
for to, mode in (to_binary_event, "binary"), (to_structured_event, "structured"):
    message = to(CloudEvent(attributes(mode), DATA))
    send(message.headers, message.body)
`,
  ],
])("the SDK for Python, %s", { timeout: TIMEOUT_MS }, async (version, code) => {
  const folder = temporaryFolder();
  const python = installPython([`cloudevents==${version}`], join(folder, "python"));
  const service = `python-${version}`;
  const ran = await runClient(
    python,
    [writeProgram(folder, "send.py", PYTHON + code), `${platform.ingest}/`, service],
    {},
  );
  await expectBoth(service, ran);
});

it.skipIf(isSkippedWithout("go"))("the SDK for Go", { timeout: TIMEOUT_MS }, async () => {
  const ran = await runClient(buildGo("go-cloudevents", temporaryFolder()), [`${platform.ingest}/`, "go"], {});
  await expectBoth("go", ran);
});

it.skipIf(isSkippedWithout("java", "mvn"))("the SDK for Java", { timeout: TIMEOUT_MS }, async () => {
  const jars = installJars(
    [
      ...["api", "core", "http-basic", "json-jackson"].map((part) => `io.cloudevents:cloudevents-${part}:4.0.1`),
      ...["annotations", "core", "databind"].map((part) => `com.fasterxml.jackson.core:jackson-${part}:2.18.2`),
    ],
    temporaryFolder(),
  );
  const program = fileURLToPath(new URL("java-cloudevents/Send.java", import.meta.url));
  const ran = await runClient("java", ["-cp", jars, program, `${platform.ingest}/`, "java"], {});
  await expectBoth("java", ran);
});

it.skipIf(isSkippedWithout("cargo"))("the SDK for Rust", { timeout: TIMEOUT_MS }, async () => {
  const ran = await runClient(buildRust("rust-cloudevents", temporaryFolder()), [`${platform.ingest}/`, "rust"], {});
  await expectBoth("rust", ran);
});
