import { randomUUID } from "node:crypto";
import type { Pulse } from "../../events/pulse.ts";

/** Services that pulse in turn; a quarter of their pulses have metadata. */
export interface MadeUpServices {
  /** Pulses of one service; the next call takes the next service. */
  ofOne(count: number, time?: number): Pulse[];
  /** Pulses of all services in turn. */
  ofAll(count: number, time?: number): Pulse[];
}

/** Makes up services; without a time, their pulses are of this moment. */
export function makeUpServices(services: number): MadeUpServices {
  const names = Array.from({ length: services }, (_, i) => `bench-${services}-${i}`);
  const run = randomUUID().slice(0, 8);
  let made = 0;
  let turn = 0;
  const next = () => names[turn++ % services] as string;
  const pulseOf = (service: string, time = Date.now()): Pulse => {
    made++;
    const pulse: Pulse = {
      service_name: service,
      event_time: time,
      latency_ms: (made % 4000) / 16,
      status: "ok",
      id: `${run}-${made}`,
      source: "/pulse",
    };
    if (made % 4 === 0) pulse.metadata = { region: "eu-west-1", version: "1.2.3" };
    return pulse;
  };
  return {
    ofOne(count, time) {
      const service = next();
      return Array.from({ length: count }, () => pulseOf(service, time));
    },
    ofAll: (count, time) => Array.from({ length: count }, () => pulseOf(next(), time)),
  };
}
