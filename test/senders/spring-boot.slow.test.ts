// A web service of Spring Boot with its starter for Zipkin: each request that it answers is a pulse.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from "vitest";
import { isSkippedWithout } from "../../dashboards/testing/tools.ts";
import { temporaryFolder } from "../../local/testing/temporary-folder.ts";
import { freePort } from "../../settings/tcp-ports.ts";
import { type Platform, startPlatform, until } from "../platform.ts";
import { hereIs, pulsesOf, type ReadPulse, recipesIn } from "./clients.ts";

const TIMEOUT_MS = 1_800_000;
const PATIENT_MS = 600_000;
const fileOf = (name: string) => fileURLToPath(new URL(`spring-boot/${name}`, import.meta.url));

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform();
});
afterAll(() => platform?.dispose());

it.skipIf(isSkippedWithout("java", "mvn"))("a service of Spring Boot", { timeout: TIMEOUT_MS }, async () => {
  const folder = temporaryFolder();
  const copy = ["-q", "-f", fileOf("pom.xml"), "dependency:copy-dependencies", `-DoutputDirectory=${folder}`];
  execFileSync("mvn", copy);
  const port = await freePort();
  const [properties = ""] = recipesIn("properties");
  const lines = hereIs(properties, platform).trim().split("\n");
  const settings = [...lines, `server.port=${port}`].map((line) => `--${line}`);
  const shop = spawn("java", ["-cp", `${folder}/*`, fileOf("Shop.java"), ...settings], { stdio: "ignore" });
  onTestFinished(async () => {
    shop.kill("SIGKILL");
    if (shop.exitCode === null && shop.signalCode === null) await once(shop, "exit");
  });
  const ask = (path: string) =>
    fetch(`http://127.0.0.1:${port}${path}`).then(
      ({ status }) => status,
      () => undefined,
    );
  await until("the service to answer", async () => (await ask("/orders/1")) === 200, PATIENT_MS);
  expect([await ask("/busy"), await ask("/broken"), await ask("/nowhere")]).toEqual([503, 500, 404]);
  await vi.waitFor(async () => expect(await pulsesOf(platform, "checkout")).toHaveLength(4), { timeout: 60_000 });
  const codeOf = ({ metadata }: ReadPulse) => metadata["http.response.status_code"] as string;
  const pulses = (await pulsesOf(platform, "checkout")).sort((a, b) => codeOf(a).localeCompare(codeOf(b)));
  const answered = (code: string, route: string, pulse: { status: string; health: string; error?: string }) => ({
    service_name: "checkout",
    source: "/zipkin",
    id: expect.stringMatching(/^[0-9a-f]{32}:[0-9a-f]{16}:SERVER$/),
    event_time: expect.any(String),
    latency_ms: expect.any(Number),
    status: pulse.status,
    health: pulse.health,
    metadata: {
      "http.route": route,
      "http.request.method": "GET",
      "http.response.status_code": code,
      ...(pulse.error !== undefined && { error: pulse.error }),
    },
  });
  expect(pulses).toEqual([
    answered("200", "/orders/{id}", { status: "ok", health: "up" }),
    answered("404", "/**", { status: "ok", health: "up" }),
    answered("500", "/broken", { status: "500", health: "down", error: "no stock" }),
    answered("503", "/busy", { status: "503", health: "down" }),
  ]);
});
