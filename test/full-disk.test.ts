import { afterEach, expect, it, onTestFinished, vi } from "vitest";
import { listenTo } from "../functions/testing/event-stream.ts";
import { type Platform, startPlatform, until } from "./platform.ts";
import { readAll, readMetric } from "./read-back.ts";

const MIB = 1024 * 1024;
const PULSES_A_REQUEST = 200;

let platform: Platform;
afterEach(() => platform.dispose());

it("answers 503 while the disk quotas are full, loses no acknowledged pulse, and goes on when there is room", async () => {
  platform = await startPlatform({
    PULSE_STORE_MAX_BYTES: String(MIB),
    PULSE_LOCAL_BROKER_MAX_BYTES: String(2 * MIB),
    PULSE_EMIT_DEADLINE_MS: "500",
  });
  const live = await listenTo(`${platform.query}/live`);
  onTestFinished(live.close);
  const acked: string[] = [];
  let refusal: Response | undefined;
  let detail = "";
  const fullBroker = "The broker's quota is used up by events that wait for a subscriber";
  // Until the broker is full: on a busy machine it may answer too late before, which is another refusal.
  for (let request = 0; !detail.includes(fullBroker) && request < 500; request++) {
    const ids = Array.from({ length: PULSES_A_REQUEST }, (_, i) => `${request}-${i}`);
    const response = await post(ids);
    if (response.status === 202) acked.push(...ids);
    else {
      refusal = response;
      detail = JSON.parse(await response.text()).detail;
    }
  }
  // First the store was full, and the broker kept the events that pulse-persist refused; then the broker was full too.
  expect(refusal?.status).toBe(503);
  expect(refusal?.headers.get("retry-after")).toMatch(/^\d+$/);
  expect(refusal?.headers.get("content-type")).toBe("application/problem+json");
  expect(detail).toContain(`the broker answered 503 (${fullBroker}`);
  expect(await readiness(platform.ingest)).toContain(fullBroker);
  expect(await readiness(new URL(platform.broker).origin)).toContain(`Events are not taken: ${fullBroker}`);
  const fullStore = "Pulses are not stored: The store is full: raise PULSE_STORE_MAX_BYTES";
  await until("readiness to name the full store", async () => (await readiness(platform.persist)).includes(fullStore));
  // At a heartbeat, which the page shows.
  await until("the page to hear of it", () => live.events.at(-1)?.data.not_stored?.startsWith(fullStore) === true);
  live.close();
  expect(await readMetric(platform.persist, "pulsemesh_requests_total", 'code="503"')).toBeGreaterThan(0);
  const stored = await readAll(platform, "full");
  expect(stored.length).toBeLessThan(acked.length);

  // Makes room as a person would, by larger quotas; the data stays.
  const { folder } = platform;
  expect(await platform.stop()).toBe(0);
  platform = await startPlatform({}, folder);
  const ids = await vi.waitFor(
    async () => {
      const found = (await readAll(platform, "full")).map((pulse) => pulse.id);
      expect(new Set(acked).difference(new Set(found))).toEqual(new Set());
      return found;
    },
    // Each look reads all of them: often, it would take the CPU that they need to get there.
    { interval: 500 },
  );
  expect(new Set(ids).size).toBe(ids.length);
  expect((await post(["after"])).status).toBe(202);
});

/** The answer to a readiness probe, of a process that stays ready. */
async function readiness(url: string): Promise<string> {
  const answer = await fetch(`${url}/health/ready`);
  const text = await answer.text();
  expect([answer.status, text.split("\n")[0]]).toEqual([200, "OK"]);
  return text;
}

async function post(ids: readonly string[]): Promise<Response> {
  const metadata = { note: "x".repeat(300) };
  const pulses = ids.map((id) => ({ id, service_name: "full", latency_ms: 1, status: "ok", metadata }));
  return fetch(`${platform.ingest}/pulse`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(pulses),
  });
}
