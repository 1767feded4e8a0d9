import { afterEach } from "vitest";
import { compose } from "../pulse-ingest/compose.ts";
import type { Clock } from "../pulse-ingest/emitter.ts";
import { type LoopbackBroker, openLoopbackBroker } from "./broker.ts";
import { openRuntimeHost, type RuntimeHost } from "./function-host.ts";

/** For tests that are not about the deadline, and a machine that stands still for seconds. */
export const PATIENT = { PULSE_EMIT_DEADLINE_MS: "60000" };

export const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** pulse-ingest under the real runtime before a broker that answers as it is told; closed after the test. */
export async function open(
  env: Record<string, string> = {},
  clock?: Clock,
): Promise<{ broker: LoopbackBroker; host: RuntimeHost }> {
  const broker = await openLoopbackBroker();
  const host = await openRuntimeHost((parts) => compose(parts, clock), { K_SINK: broker.url, ...env });
  closers.push(broker.close, host.close);
  return { broker, host };
}

export const pulse = (id: string, metadata: Record<string, string> = {}) => ({
  service_name: "checkout",
  latency_ms: 1,
  status: "ok",
  metadata,
  id,
});

export function post(host: RuntimeHost, body: unknown): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return fetch(`${host.url}/pulse`, { method: "POST", headers, body: JSON.stringify(body) });
}

/** The sample of that name, labels included; NaN where there is none. */
export async function metricOf(host: RuntimeHost, name: string): Promise<number> {
  const text = await (await fetch(`${host.url}/metrics`)).text();
  return Number(text.split(`\n${name} `)[1]?.split("\n")[0]);
}
