import { afterEach, expect, it } from "vitest";
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
  const acked: string[] = [];
  let refusal: Response | undefined;
  for (let request = 0; refusal === undefined && request < 500; request++) {
    const ids = Array.from({ length: PULSES_A_REQUEST }, (_, i) => `${request}-${i}`);
    const response = await post(ids);
    if (response.status === 202) acked.push(...ids);
    else refusal = response;
  }
  // First the store was full, and the broker kept the events that pulse-persist refused; then the broker was full too.
  expect(refusal?.status).toBe(503);
  expect(refusal?.headers.get("retry-after")).toMatch(/^\d+$/);
  expect(refusal?.headers.get("content-type")).toBe("application/problem+json");
  expect(await readMetric(platform.persist, "pulsemesh_requests_total", 'code="503"')).toBeGreaterThan(0);
  const stored = await readAll(platform, "full");
  expect(stored.length).toBeLessThan(acked.length);

  // Makes room as a person would, by larger quotas; the data stays.
  const { folder } = platform;
  expect(await platform.stop()).toBe(0);
  platform = await startPlatform({}, folder);
  await until(
    "all that was acknowledged to be readable",
    async () => (await readAll(platform, "full")).length >= acked.length,
  );
  const ids = (await readAll(platform, "full")).map((pulse) => pulse.id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(new Set(acked).difference(new Set(ids))).toEqual(new Set());
  expect((await post(["after"])).status).toBe(202);
});

async function post(ids: readonly string[]): Promise<Response> {
  const metadata = { note: "x".repeat(300) };
  const pulses = ids.map((id) => ({ id, service_name: "full", latency_ms: 1, status: "ok", metadata }));
  return fetch(`${platform.ingest}/pulse`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(pulses),
  });
}
