// The bound on services over processes: pulse-ingest learns from a real pulse-persist which services there are.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { DAY_MS } from "../events/time.ts";
import { compose as composePersist } from "../functions/pulse-persist/compose.ts";
import { openFunctionHost } from "../functions/testing/function-host.ts";
import { closers, metricOf, openIngest, post, pulse } from "../functions/testing/ingest-function.ts";
import { openSqlitePulseStore } from "../storage/sqlite/pulse-store.ts";

const of = (service_name: string) => ({ ...pulse(service_name), service_name });

it("a new service beyond the bound is answered with 429 and counted, after a restart too; known ones go on", async () => {
  const folder = mkdtempSync(join(tmpdir(), "pulse-bound-"));
  const store = openSqlitePulseStore({ file: join(folder, "pulses.db"), maxBytes: 2 ** 30, retentionMs: 30 * DAY_MS });
  const event = { event_time: Date.now(), latency_ms: 1, status: "ok", id: "1", source: "/a" };
  const stored = ["a", "b", "c"].map((service_name) => ({ ...event, service_name }));
  expect(await store.write(stored)).toEqual({ kind: "stored" });
  const persist = await openFunctionHost(composePersist, { PULSE_DATA_DIR: folder, PULSE_FUNCTION: "pulse-persist" });
  closers.push(
    async () => rmSync(folder, { recursive: true }),
    () => store.close(),
    persist.close,
  );
  const names = await (await fetch(`${persist.url}/service-names`)).text();
  expect(names.split("\n").sort()).toEqual(["", "a", "b", "c"]);
  const { host } = await openIngest({ PULSE_PERSIST_URL: persist.url, PULSE_MAX_SERVICES: "3" });
  // Until it has learnt them, it lets new ones in.
  let tries = 0;
  await vi.waitFor(async () => expect((await post(host, of(`early-${++tries}`))).status).toBe(429));
  const refused = await post(host, [of("a"), of("d")]);
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "60"]);
  expect(await refused.json()).toMatchObject({ detail: expect.stringMatching(/the new one d beyond the bound of 3/) });
  expect((await post(host, [of("a"), of("b"), of("c")])).status).toBe(202);
  expect(await metricOf(host, 'pulsemesh_pulses_rejected_total{reason="services"}')).toBeGreaterThanOrEqual(2);
});

it("without pulse-persist the services that it has let in are bounded", async () => {
  const { host } = await openIngest({ PULSE_MAX_SERVICES: "2", PULSE_PERSIST_URL: "http://127.0.0.1:9" });
  expect((await post(host, [of("a"), of("b")])).status).toBe(202);
  expect((await post(host, of("c"))).status).toBe(429);
  expect((await post(host, of("a"))).status).toBe(202);
});
