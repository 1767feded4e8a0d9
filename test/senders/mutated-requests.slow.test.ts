import { expect, it, onTestFinished } from "vitest";
import { openBroker } from "../../functions/testing/broker.ts";
import { startFunction } from "../function-process.ts";
import { sendMutated } from "./mutated-requests.ts";

const COUNT = Number(process.env.MUTATED_INPUTS ?? 100_000);
const SEED = Number(process.env.MUTATED_SEED ?? Date.now() % 1e6);

it(`${COUNT} changed requests of other systems take less than 200 MB (seed ${SEED})`, {
  timeout: 1_800_000,
}, async () => {
  const broker = await openBroker();
  const ingest = await startFunction("pulse-ingest", { env: { K_SINK: broker.url, PULSE_LOG_LEVEL: "error" } });
  onTestFinished(async () => {
    await ingest.kill();
    await broker.close();
  });
  const statuses = new Map<number, number>();
  for (let sent = 0; sent < COUNT; sent += 10_000) {
    for (const [status, count] of await sendMutated(ingest.url, Math.min(10_000, COUNT - sent), SEED + sent)) {
      statuses.set(status, (statuses.get(status) ?? 0) + count);
    }
    broker.received.length = 0;
  }
  console.log(Object.fromEntries(statuses), `${Math.round(ingest.peakBytes() / 1e6)} MB`);
  expect(ingest.lines.filter((line) => line.includes("defect"))).toEqual([]);
  expect(ingest.peakBytes()).toBeLessThan(200e6);
  expect(await ingest.stop()).toBe(0);
});
