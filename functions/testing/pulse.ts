import type { Pulse } from "../../events/pulse.ts";

/** A pulse of a service. */
export const pulse = (service_name: string, fields: Partial<Pulse> = {}): Pulse => ({
  service_name,
  event_time: 1_000_000,
  latency_ms: 100,
  status: "ok",
  id: "1",
  source: "/pulse",
  ...fields,
});
