import { afterEach } from "vitest";
import { compose } from "../pulse-ingest/compose.ts";
import type { Clock } from "../pulse-ingest/emitter.ts";
import { type Broker, openBroker } from "./broker.ts";
import { type FunctionHost, openFunctionHost } from "./function-host.ts";

/** A deadline that a busy machine does not reach, for tests of anything but the deadline. */
export const PATIENT = { PULSE_EMIT_DEADLINE_MS: "60000" };

export const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Opens pulse-ingest under the real runtime, with a broker; both are closed after the test. */
export async function openIngest(
  env: Record<string, string> = {},
  clock?: Clock,
): Promise<{ broker: Broker; host: FunctionHost }> {
  const broker = await openBroker();
  const host = await openFunctionHost((parts) => compose(parts, clock), { K_SINK: broker.url, ...env });
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

export function post(host: FunctionHost, body: unknown): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return fetch(`${host.url}/pulse`, { method: "POST", headers, body: JSON.stringify(body) });
}

/** The value of a metric, by its name with labels; NaN if there is none. */
export async function metricOf(host: FunctionHost, name: string): Promise<number> {
  const text = await (await fetch(`${host.url}/metrics`)).text();
  return Number(text.split(`\n${name} `)[1]?.split("\n")[0]);
}
