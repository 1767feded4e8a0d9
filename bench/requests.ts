import { randomUUID } from "node:crypto";
import { post } from "./load.ts";

/** A pulse of some 169 bytes, with a time and metadata. */
export function benchPulse(service: string): Record<string, unknown> {
  return {
    service_name: service,
    event_time: new Date().toISOString(),
    latency_ms: 12.5,
    status: "ok",
    metadata: { region: "eu-west-1", host: "a-12" },
  };
}

const JSON_TYPE = { "content-type": "application/json" };

/** A request with one pulse. */
export function singleRequest(path = "/pulse", headers: Record<string, string> = {}): Buffer {
  return post(path, { ...JSON_TYPE, ...headers }, JSON.stringify(benchPulse("checkout")));
}

/** A request with many pulses of 20 services. */
export function manyRequest(count: number, headers: Record<string, string> = {}): Buffer {
  const pulses = Array.from({ length: count }, (_, i) => benchPulse(`service-${i % 20}`));
  return post("/pulse", { ...JSON_TYPE, ...headers }, JSON.stringify(pulses));
}

/** Binary CloudEvents, each with another id. */
export function eventRequests(path = "/pulse", headers: Record<string, string> = {}): () => Buffer {
  const body = JSON.stringify(benchPulse("checkout"));
  const run = randomUUID();
  let count = 0;
  return () => {
    const attributes = {
      "ce-specversion": "1.0",
      "ce-id": `${run}-${count++}`,
      "ce-source": "/bench",
      "ce-type": "dev.pulsemesh.pulse.v1",
    };
    return post(path, { ...JSON_TYPE, ...headers, ...attributes }, body);
  };
}
