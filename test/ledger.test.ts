// The ledger, id by id: every accepted pulse is stored and counted once, although answers are lost on the way.
import { afterEach, expect, it, onTestFinished } from "vitest";
import { openTestBroker, triggerOf } from "../local/testing/broker.ts";
import { temporaryFolder } from "../local/testing/temporary-folder.ts";
import { startFunction } from "./function-process.ts";
import { type Platform, startPlatform, until } from "./platform.ts";
import { readAll, readMetric } from "./read-back.ts";

const SERVICES = ["a", "b", "c", "d"];
const PULSES = JSON.stringify(SERVICES.map((service_name) => ({ service_name, latency_ms: 12.5, status: "ok" })));

/** Sends four pulses every 50 ms, and keeps the acknowledged ids. */
function startSending(ingest: string) {
  const accepted = new Set<string>();
  const answers = new Map<number, number>();
  const posts = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const timer = setInterval(() => {
    const sent = post()
      .catch((error: unknown) => void failures.push(error))
      .finally(() => posts.delete(sent));
    posts.add(sent);
  }, 50);
  const stop = async () => {
    clearInterval(timer);
    await Promise.all(posts);
    expect(failures).toEqual([]);
  };
  onTestFinished(stop);
  async function post(): Promise<void> {
    const headers = { "content-type": "application/json" };
    const response = await fetch(`${ingest}/pulse`, { method: "POST", headers, body: PULSES });
    const answer = (await response.json()) as { ids?: string[] };
    answers.set(response.status, (answers.get(response.status) ?? 0) + 1);
    if (response.status === 202) for (const id of answer.ids ?? []) accepted.add(id);
  }
  return { accepted, countOf: (status: number) => answers.get(status) ?? 0, stop };
}

/** The ids in the store, each as often as the store has it. */
async function idsStored(platform: Pick<Platform, "query">): Promise<string[]> {
  const pulses = await Promise.all(SERVICES.map((service) => readAll(platform, service)));
  return pulses.flat().map(({ id }) => id);
}

/** The functions' counters. */
async function readLedger({ ingest, persist }: Pick<Platform, "ingest" | "persist">) {
  const sum = (url: string, name: string) =>
    Promise.all(SERVICES.map((service) => readMetric(url, name, `service="${service}"`))).then((counts) =>
      counts.reduce((total, count) => total + count, 0),
    );
  return {
    accepted: await sum(ingest, "pulsemesh_pulses_accepted_total"),
    unacknowledged: await readMetric(ingest, "pulsemesh_emit_unacknowledged_pulses_total"),
    stored: await sum(persist, "pulsemesh_pulses_stored_total"),
    storedAgain: await readMetric(persist, "pulsemesh_pulses_stored_again_total"),
  };
}

const frozen = new Set<number>();
afterEach(() => {
  for (const pid of frozen) resume(pid);
});

/** Stops a process from running, as an overloaded machine does. */
function freeze(pid: number): void {
  process.kill(pid, "SIGSTOP");
  frozen.add(pid);
}

function resume(pid: number): void {
  frozen.delete(pid);
  process.kill(pid, "SIGCONT");
}

it("a broker that answers too late stores more than was accepted, by no more than what is unacknowledged, and nothing is lost", async () => {
  const platform = await startPlatform({ PULSE_EMIT_DEADLINE_MS: "1000" });
  onTestFinished(() => platform.dispose());
  const sending = startSending(platform.ingest);
  await until("pulses to be accepted", () => sending.countOf(202) > 5);
  const broker = platform.pids.get("broker") as number;
  freeze(broker);
  await until("posts to be answered 503", () => sending.countOf(503) > 2);
  resume(broker);
  const before = sending.countOf(202);
  await until("pulses to be accepted again", () => sending.countOf(202) > before + 5);
  await sending.stop();

  await until("the broker to have delivered all", async () => {
    const host = new URL(platform.broker).origin;
    return (await readMetric(host, "pulsemesh_broker_pending", 'sink="subscriber"')) === 0;
  });
  const { accepted, unacknowledged, stored } = await readLedger(platform);
  const ids = await idsStored(platform);
  expect(ids.length).toBe(new Set(ids).size);
  expect([...sending.accepted].filter((id) => !ids.includes(id))).toEqual([]);
  expect(accepted).toBe(sending.accepted.size);
  // If they were equal, no answer was lost and the test has shown nothing.
  expect(stored).toBeGreaterThan(accepted);
  expect(stored).toBeLessThanOrEqual(accepted + unacknowledged);
});

it("an event that is delivered again because its answer came too late is stored and counted once", async () => {
  const env = { PULSE_DATA_DIR: temporaryFolder() };
  const persist = await startFunction("pulse-persist", { env });
  onTestFinished(() => persist.kill());
  const query = await startFunction("pulse-query", { env });
  onTestFinished(() => query.kill());
  const broker = await openTestBroker({
    triggers: [triggerOf({ retry: 20, backoffPolicy: "linear", backoffDelay: "PT0.1S", timeout: "PT0.5S" })],
    subscribers: { target: new URL(persist.url), "dead-letters": new URL("http://127.0.0.1:9/") },
  });
  const ingest = await startFunction("pulse-ingest", { env: { ...env, K_SINK: broker.url } });
  onTestFinished(() => ingest.kill());
  const sending = startSending(ingest.url);
  await until("pulses to be accepted", () => sending.countOf(202) > 5);
  freeze(persist.pid);
  await until(
    "deliveries to be tried again",
    async () => ((await broker.metrics())["deliveries_total t retried"] ?? 0) > 2,
  );
  resume(persist.pid);
  await sending.stop();

  const platform = { ingest: ingest.url, persist: persist.url, query: query.url };
  await until("the broker to have delivered all", async () => (await broker.metrics())["pending t subscriber"] === 0);
  const ledger = await readLedger(platform);
  expect(ledger).toMatchObject({ accepted: sending.accepted.size, unacknowledged: 0, stored: sending.accepted.size });
  expect(ledger.storedAgain).toBeGreaterThan(0);
  expect((await idsStored(platform)).sort()).toEqual([...sending.accepted].sort());
});
