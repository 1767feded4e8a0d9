// A webhook for changes of health, whose receiver fails a third of the time, by the local broker and two keepers. All pulses have
// times of the past three hours, so that nobody waits for them.

import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, it, onTestFinished, vi } from "vitest";
import { DAY_MS } from "../events/time.ts";
import { openSqlitePulseStore } from "../storage/sqlite/pulse-store.ts";
import { temporaryFolder } from "../storage/testing/temporary-folder.ts";
import { type FunctionProcess, startFunction } from "./function-process.ts";
import { expectTold, type Notification } from "./health-notifications.ts";
import { startPlatform } from "./platform.ts";
import { seeded } from "./pulse-flow.ts";

const MINUTE = 60_000;
const BEGIN = Math.floor(Date.now() / MINUTE) * MINUTE - 180 * MINUTE;
const PATIENCE = { timeout: 120_000, interval: 200 };
const EVER = { from: 0, to: Number.POSITIVE_INFINITY };
/** Each is well and down in turns, for so many minutes. */
const SERVICES: Readonly<Record<string, number>> = { cart: 4, checkout: 5, search: 7 };

const TRIGGER = (url: string) => `apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata:
  name: webhook
  annotations: { kafka.eventing.knative.dev/delivery.order: ordered }
spec:
  broker: pulsemesh
  filters: [{ prefix: { type: dev.pulsemesh.health. } }]
  subscriber: { uri: "${url}" }
  delivery: { retry: 20, backoffPolicy: linear, backoffDelay: PT0.01S, timeout: PT5S }
`;
// Silence until the next pulses of the past is no news.
const SETTINGS = '- { services: "*", period: 20s, grace: 1d }\n';

/** Keeps every event that it gets, although it refuses some and hangs up on others. */
async function startReceiver(): Promise<{ url: string; received: Notification[]; server: Server }> {
  const random = seeded(20_261_130);
  const received: Notification[] = [];
  const server = createServer(async (request, response) => {
    // The broker may be killed in the middle of a request.
    const body = await text(request).catch(() => undefined);
    if (body === undefined) return;
    const chance = random();
    if (chance < 1 / 6) {
      response.writeHead(503).end();
      return;
    }
    received.push({ headers: request.headers, body });
    if (chance < 1 / 3) response.destroy();
    else response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, received, server };
}

it("a webhook gets every change once by id and in order, although it fails, keepers are killed, and none is there for an hour", async () => {
  const receiver = await startReceiver();
  onTestFinished(() => void receiver.server.close());
  const folder = temporaryFolder();
  const [triggers, settings] = [join(folder, "webhook.yaml"), join(folder, "services.yaml")];
  writeFileSync(triggers, TRIGGER(receiver.url));
  writeFileSync(settings, SETTINGS);
  const file = join(folder, "pulses.db");
  const store = openSqlitePulseStore({ file, maxBytes: 2 ** 30, retentionMs: 30 * DAY_MS });
  onTestFinished(() => store.close());
  // As if a keeper had run before.
  await store.health.toldFrom(BEGIN);
  const env = { PULSE_TRIGGERS_FILE: triggers, PULSE_SERVICES_FILE: settings };
  const platform = await startPlatform(env, folder);
  onTestFinished(() => void platform.dispose());
  const startSecond = () =>
    startFunction("pulse-health", { env: { ...env, PULSE_DATA_DIR: folder, K_SINK: platform.broker } });
  let second: FunctionProcess = await startSecond();
  onTestFinished(() => second.kill());

  let fedUntil = 0;
  const feed = async (until: number) => {
    const pulses = Object.entries(SERVICES).flatMap(([service_name, minutes]) =>
      Array.from({ length: 3 * (until - fedUntil) }, (_, i) => {
        const at = fedUntil + i / 3;
        const status = Math.floor(at / minutes) % 2 === 0 ? "ok" : "503";
        return { service_name, event_time: BEGIN + at * MINUTE, latency_ms: 1, status };
      }),
    );
    const headers = { "content-type": "application/json" };
    const response = await fetch(`${platform.ingest}/pulse`, { method: "POST", headers, body: JSON.stringify(pulses) });
    expect(response.status).toBe(202);
    fedUntil = until;
  };
  /** Waits until everything that happened so far is told: each change by its id, of each service in order. */
  const expectAllTold = async () => {
    const changes = Object.entries(SERVICES).map(([service, minutes]) => {
      const count = Math.ceil(fedUntil / minutes);
      return [service, Array.from({ length: count }, (_, i) => BEGIN + i * minutes * MINUTE)] as const;
    });
    await vi.waitFor(async () => {
      for (const [service, times] of changes) {
        const runs = await store.health.runs(service, EVER);
        expect(runs.length).toBeGreaterThanOrEqual(times.length - 1);
        expectTold(service, runs, receiver.received);
      }
    }, PATIENCE);
  };

  await feed(30);
  await expectAllTold();
  await feed(60);
  await second.kill();
  second = await startSecond();
  await expectAllTold();
  const first = platform.pids.get("pulse-health") as number;
  for (const pid of [first, second.pid]) process.kill(pid, "SIGSTOP");
  await feed(120);
  await Promise.all([platform.kill("pulse-health"), second.kill()]);
  second = await startSecond();
  await expectAllTold();
  await feed(150);
  await platform.kill("broker");
  await expectAllTold();
  // Some came twice.
  const ids = new Set(receiver.received.map(({ headers }) => headers["ce-id"]));
  expect(receiver.received.length).toBeGreaterThan(ids.size);
}, 400_000);
