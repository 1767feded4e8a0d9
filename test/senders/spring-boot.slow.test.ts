// A web service of Spring Boot with its starter for Zipkin: each request that it answers is a pulse.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from "vitest";
import { isSkippedWithout } from "../../dashboards/testing/tools.ts";
import { temporaryFolder } from "../../local/testing/temporary-folder.ts";
import { freePort } from "../../settings/tcp-ports.ts";
import { type Platform, startPlatform, until } from "../platform.ts";
import { expectPulse, hereIs, madeIdentity, pulsesOf, type ReadPulse, recipesIn } from "./clients.ts";

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
  const askedAt = new Map<string, number>();
  const ask = (path: string) => {
    askedAt.set(path, Date.now());
    return fetch(`http://127.0.0.1:${port}${path}`).then(
      ({ status }) => status,
      () => undefined,
    );
  };
  await until("the service to answer", async () => (await ask("/orders/1")) === 200, PATIENT_MS);
  expect([await ask("/busy"), await ask("/broken"), await ask("/nowhere")]).toEqual([503, 500, 404]);
  await vi.waitFor(async () => expect(await pulsesOf(platform, "checkout")).toHaveLength(4), { timeout: 60_000 });
  const to = Date.now();
  const codeOf = ({ metadata }: ReadPulse) => metadata["http.response.status_code"] as string;
  const pulses = (await pulsesOf(platform, "checkout")).sort((a, b) => codeOf(a).localeCompare(codeOf(b)));
  for (const [path, code, route, status, health, more] of [
    ["/orders/1", "200", "/orders/{id}", "ok", "up", {}],
    ["/nowhere", "404", "/**", "ok", "up", {}],
    ["/broken", "500", "/broken", "500", "down", { error: "no stock" }],
    ["/busy", "503", "/busy", "503", "down", {}],
  ] as const) {
    const pulse = pulses.shift();
    expectPulse(
      pulse,
      { from: askedAt.get(path) as number, to },
      {
        service_name: "checkout",
        source: "/zipkin",
        ...madeIdentity(pulse, "SERVER"),
        status,
        health,
        metadata: {
          "http.route": route,
          "http.request.method": "GET",
          "http.response.status_code": code,
          ...more,
        },
      },
    );
  }
});
