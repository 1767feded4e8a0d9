// The recipes of docs/senders.md for scripts and manifests: the commands run as the platform that is named would run them.
import { chmodSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import jsonata from "jsonata";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { isSkippedWithout } from "../../dashboards/testing/tools.ts";
import { temporaryFolder } from "../../local/testing/temporary-folder.ts";
import { faultsOf } from "../charts/kubernetes-schemas.ts";
import { type Platform, startPlatform } from "../platform.ts";
import { expectPulse, MADE_ID, pulsesOf, recipesIn, runClient, writeProgram } from "./clients.ts";

const TIMEOUT_MS = 1_800_000;

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform();
});
afterAll(() => platform?.dispose());

const recipeWith = (language: string, text: string) => recipesIn(language).find((one) => one.includes(text)) as string;

/** What pings have in common whose id does not say when they began. */
const PING = { source: "/ping", latency_ms: 0 };

/** The one pulse of a service. */
async function pulseOf(service: string) {
  await vi.waitFor(async () => expect(await pulsesOf(platform, service)).toHaveLength(1), { timeout: 60_000 });
  return (await pulsesOf(platform, service))[0];
}

it.skipIf(isSkippedWithout("busybox"))("BusyBox' wget", { timeout: TIMEOUT_MS }, async () => {
  const ran = await runClient("busybox", ["wget", "-q", "-O", "-", `${platform.ingest}/ping/by-busybox`], {});
  expectPulse(await pulseOf("by-busybox"), ran, {
    service_name: "by-busybox",
    id: MADE_ID,
    ...PING,
    status: "ok",
    health: "up",
    metadata: {},
  });
});

it.skipIf(isSkippedWithout("busybox"))("a CronJob's command, in BusyBox", { timeout: TIMEOUT_MS }, async () => {
  const { spec } = parse(recipeWith("yaml", "kind: CronJob"));
  const [{ command }] = spec.jobTemplate.spec.template.spec.containers;
  const folder = temporaryFolder();
  chmodSync(writeProgram(folder, "nightly-job", "#!/bin/sh\nexit 3\n"), 0o755);
  mkdirSync(join(folder, "bin"));
  for (const name of ["sh", "wget", "date"]) symlinkSync("/usr/bin/busybox", join(folder, "bin", name));
  const [shell, ...args] = command.map((one: string) => one.replace("http://INGEST", platform.ingest));
  const env = { PATH: join(folder, "bin"), HOSTNAME: "pod-1" };
  const from = Date.now();
  await expect(runClient(join(folder, "bin", shell), args, env, folder)).rejects.toMatchObject({ code: 3 });
  const ran = { from, to: Date.now() };
  const pulse = await pulseOf("nightly-job");
  const [seconds = ""] = pulse?.id.split("-") ?? [];
  const { event_time = "", latency_ms = -1 } = pulse ?? {};
  expectPulse(pulse, ran, {
    service_name: "nightly-job",
    source: "/ping",
    id: `${seconds}-pod-1`,
    latency_ms,
    status: "fail",
    health: "down",
    metadata: { exit_code: "3" },
  });
  const began = Number(seconds) * 1000;
  expect(began).toBeGreaterThan(ran.from - 1000);
  expect(began).toBeLessThanOrEqual(ran.to);
  // pulse-ingest tells the latency, and the broker, a little later, the time.
  expect(latency_ms).toBeGreaterThanOrEqual(ran.from - began);
  expect(latency_ms).toBeLessThanOrEqual(Date.parse(event_time) - began);
});

it("a step of GitHub Actions", { timeout: TIMEOUT_MS }, async () => {
  const [{ run }] = parse(recipeWith("yaml", "job.status"));
  const expressions = new Map([
    ["job.status == 'success' && '0' || '1'", "1"],
    ["github.run_id", "77"],
    ["github.run_attempt", "2"],
  ]);
  const command = run.replace(/\$\{\{ (.*?) \}\}/g, (_: string, expression: string) => {
    expect([...expressions.keys()]).toContain(expression);
    return expressions.get(expression) as string;
  });
  const env = { INGEST_URL: platform.ingest, INGEST_TOKEN: "none" };
  const ran = await runClient("bash", ["-e", "-c", command], env);
  expectPulse(await pulseOf("build"), ran, {
    service_name: "build",
    id: "77-2",
    ...PING,
    status: "fail",
    health: "down",
    metadata: { exit_code: "1" },
  });
});

it.skipIf(isSkippedWithout("systemd-analyze"))("a unit of systemd", { timeout: TIMEOUT_MS }, async () => {
  const unit = recipeWith("ini", "pulse-failed@.service");
  await runClient("systemd-analyze", ["verify", writeProgram(temporaryFolder(), "pulse-failed@.service", unit)], {});
  const command = unit.split("ExecStart=")[1]?.trim().replace("http://localhost:8080", platform.ingest) ?? "";
  const ran = await runClient("sh", ["-c", command.replace("%i", "backup")], {});
  expectPulse(await pulseOf("backup"), ran, {
    service_name: "backup",
    id: MADE_ID,
    ...PING,
    status: "fail",
    health: "down",
    metadata: {},
  });
});

it("a PingSource's event becomes a pulse by an EventTransform", { timeout: TIMEOUT_MS }, async () => {
  const [transform] = parseAllDocuments(recipeWith("yaml", "kind: PingSource")).map((one) => one.toJS());
  // As PingSource v1 makes it (knative.dev/eventing, pkg/adapter/mtping/runner.go).
  const event = {
    specversion: "1.0",
    id: "tick-1",
    source: "/apis/v1/namespaces/default/pingsources/cluster-clock",
    type: "dev.knative.sources.ping",
    time: new Date().toISOString(),
  };
  const made = await jsonata(transform.spec.jsonata.expression).evaluate(event);
  const headers = { "content-type": "application/cloudevents+json" };
  const answer = await fetch(platform.broker, { method: "POST", headers, body: JSON.stringify(made) });
  expect(answer.status).toBe(202);
  expect(await pulseOf("cluster-clock")).toEqual({
    service_name: "cluster-clock",
    event_time: event.time,
    id: event.id,
    source: event.source,
    latency_ms: 0,
    status: "ok",
    health: "up",
    metadata: {},
    traceparent: null,
  });
});

it.skipIf(isSkippedWithout("go"))("the manifests are what their kinds allow", { timeout: TIMEOUT_MS }, () => {
  const manifests = ["kind: CronJob", "kind: PingSource"].flatMap((kind) =>
    parseAllDocuments(recipeWith("yaml", kind)).map((one) => one.toJS()),
  );
  expect(manifests.flatMap(faultsOf)).toEqual([]);
});
