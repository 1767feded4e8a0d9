// As many services as there may be, each with a pulse every ten seconds, and a fifth of them down: pulse-health judges all of them, in a
// process with the memory limits of its image.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { DAY_MS } from "../events/time.ts";
import { METRICS } from "../functions/metrics/names.ts";
import { openSqlitePulseStore } from "../storage/sqlite/pulse-store.ts";
import { pulseOf } from "../storage/testing/pulses.ts";
import { temporaryFolder } from "../storage/testing/temporary-folder.ts";
import { startFunction } from "./function-process.ts";
import { until } from "./platform.ts";

const SERVICES = 10_000;
const AT_ONCE = 500;
const EVERY_MS = 10_000;
/** pulse-health holds the cells of some four minutes. */
const PAST_MS = 300_000;
/** As measured it takes 244 MB on a busy machine, where what waits to be judged is held longer. */
const MAX_BYTES = 300e6;

it("judges ten thousand services, in memory far from its limit", async () => {
  const folder = temporaryFolder();
  const store = openSqlitePulseStore({ file: `${folder}/pulses.db`, maxBytes: 2 ** 30, retentionMs: 30 * DAY_MS });
  onTestFinished(() => store.close());
  const pulse = async (time: number) => {
    for (let i = 0; i < SERVICES; i += AT_ONCE) {
      const pulses = Array.from({ length: AT_ONCE }, (_, j) => {
        const status = j % 5 === 0 ? "503" : "ok";
        return pulseOf({ service_name: `fleet-${i + j}`, event_time: time - ((i + j) >> 1), status, id: `${time}` });
      });
      await until("pulses to be stored", async () => (await store.write(pulses)).kind === "stored");
    }
  };
  const begin = Date.now();
  for (let time = begin - PAST_MS; time < begin; time += EVERY_MS) await pulse(time);
  const broker = createServer((request, response) => request.resume().on("end", () => response.writeHead(202).end()));
  await new Promise<void>((resolve) => broker.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void broker.close());
  const K_SINK = `http://127.0.0.1:${(broker.address() as AddressInfo).port}`;
  const health = await startFunction("pulse-health", { env: { PULSE_DATA_DIR: folder, K_SINK } });
  onTestFinished(() => health.kill());
  const judgedUntil = async () => {
    const text = await (await fetch(`${health.url}/metrics`)).text();
    return 1000 * Number(new RegExp(`^${METRICS.judgedUntil} (\\S+)`, "m").exec(text)?.[1] ?? 0);
  };
  const started = Date.now();
  // On a busy machine a round takes longer than it may, and the next one goes on from there.
  while ((await judgedUntil()) < started + 2 * EVERY_MS) {
    const next = Date.now() + EVERY_MS;
    await pulse(Date.now());
    await delay(next - Date.now());
  }
  let down = 0;
  for await (const chunk of store.health.current()) down += chunk.filter(({ run }) => run.health === "down").length;
  expect(down).toBe(SERVICES / 5);
  console.log(`${Math.round(health.peakBytes() / 1e6)} MB at most`);
  expect(health.peakBytes()).toBeLessThan(MAX_BYTES);
}, 600_000);
