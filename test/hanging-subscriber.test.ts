// A pulse-persist that hangs, with the real Triggers, except that nobody waits minutes for their tries.
import { expect, it, onTestFinished } from "vitest";
import { TRIGGERS } from "../events/triggers.ts";
import { openTestBroker } from "../local/testing/broker.ts";
import { temporaryFolder } from "../local/testing/temporary-folder.ts";
import type { FunctionName } from "../settings/function-settings.ts";
import { freePort } from "../settings/tcp-ports.ts";
import { startFunction } from "./function-process.ts";
import { until } from "./platform.ts";
import { readAll } from "./read-back.ts";

it("leaves a dead letter with the reason timeout, and a replay by that reason stores it", async () => {
  const [port, persistPort, deadLetterPort] = await Promise.all([freePort(), freePort(), freePort()]);
  const triggers = TRIGGERS.map(({ name, spec }) => ({
    name,
    spec: { ...spec, delivery: { ...spec.delivery, retry: 1, timeout: "PT5S" } },
  }));
  const subscribers = {
    "pulse-persist": new URL(`http://localhost:${persistPort}/`),
    "pulse-deadletter": new URL(`http://localhost:${deadLetterPort}/`),
  };
  const { url } = await openTestBroker({ port, triggers, subscribers });
  const env = { K_SINK: url, PULSE_DATA_DIR: temporaryFolder(), PULSE_LISTEN_ADDRESS: "localhost" };
  const start = async (name: FunctionName, ownPort?: number) => {
    const started = await startFunction(name, { env, ...(ownPort !== undefined && { port: ownPort }) });
    onTestFinished(started.kill);
    return started;
  };
  const [hanging, deadletter, ingest, query] = await Promise.all([
    start("pulse-persist", persistPort),
    start("pulse-deadletter", deadLetterPort),
    start("pulse-ingest"),
    start("pulse-query"),
  ]);

  process.kill(hanging.pid, "SIGSTOP");
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ id: "held", service_name: "hung", latency_ms: 12.5, status: "ok" });
  expect((await fetch(`${ingest.url}/pulse`, { method: "POST", headers, body })).status).toBe(202);
  const deadLetters = async () => {
    const answer = await fetch(`${deadletter.url}/dead-letters?reason=timeout`);
    return ((await answer.json()) as { dead_letters: Record<string, unknown>[] }).dead_letters;
  };
  await until("the event to be a dead letter", async () => (await deadLetters()).length > 0);
  // Nobody answered: there is no status, and nothing that an answer said.
  expect(await deadLetters()).toMatchObject([{ reason: "timeout", code: null, detail: null, services: ["hung"] }]);

  // As Kubernetes does after a minute without a sign of life. What the process has read goes with it.
  await hanging.kill();
  await start("pulse-persist", persistPort);
  expect(await readAll({ query: query.url }, "hung")).toEqual([]);
  const replay = await fetch(`${deadletter.url}/dead-letters/replay?reason=timeout`, { method: "POST" });
  expect([replay.status, await replay.json()]).toEqual([202, { replayed: 1, failed: 0, remaining: 0, is_more: false }]);
  await until("the pulse to be stored", async () => (await readAll({ query: query.url }, "hung")).length > 0);
  expect(await readAll({ query: query.url }, "hung")).toMatchObject([{ id: "held", latency_ms: 12.5 }]);
});
