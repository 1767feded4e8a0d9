import { type Health, healthOf } from "../../events/health.ts";
import type { StoredPulse } from "../../storage/ports.ts";

/** A service as its newest pulse shows it. */
export interface ServiceView {
  service_name: string;
  health: Health;
  /** RFC 3339 in UTC, to the millisecond: the time of the newest pulse. */
  last_seen: string;
  event_time: string;
  latency_ms: number;
  status: string;
  metadata?: Record<string, string>;
}

/** A pulse as it is shown. */
export interface PulseView extends Omit<StoredPulse, "event_time"> {
  /** RFC 3339 in UTC, to the millisecond. */
  event_time: string;
  health: Health;
}

/** A service, of its newest pulse. */
export function viewService(pulse: StoredPulse): ServiceView {
  const time = new Date(pulse.event_time).toISOString();
  return {
    service_name: pulse.service_name,
    health: healthOf(pulse.status),
    last_seen: time,
    event_time: time,
    latency_ms: pulse.latency_ms,
    status: pulse.status,
    ...(pulse.metadata !== undefined && { metadata: pulse.metadata }),
  };
}

/** One pulse. */
export function viewPulse(pulse: StoredPulse): PulseView {
  return { ...pulse, event_time: new Date(pulse.event_time).toISOString(), health: healthOf(pulse.status) };
}
