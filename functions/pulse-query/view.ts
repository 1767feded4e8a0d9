import { healthOf } from "../../events/health.ts";
import type { StoredPulse } from "../../storage/ports.ts";
import type { PulseView, ServiceDetail, ServiceView } from "./answers.ts";
import type { ExaminedService, JudgedService } from "./service-list.ts";

/** A service by its newest pulse. */
export function viewService({ pulse, health }: JudgedService): ServiceView {
  const time = new Date(pulse.event_time).toISOString();
  return {
    service_name: pulse.service_name,
    health,
    last_seen: time,
    event_time: time,
    latency_ms: pulse.latency_ms,
    status: pulse.status,
    ...(pulse.metadata !== undefined && { metadata: pulse.metadata }),
  };
}

/** A service with its usual period. */
export function viewServiceDetail(service: ExaminedService): ServiceDetail {
  const { usualPeriodMs, lateAt } = service;
  return {
    ...viewService(service),
    usual_period_ms: usualPeriodMs ?? null,
    late_at: lateAt === undefined ? null : new Date(lateAt).toISOString(),
  };
}

export function viewPulse(pulse: StoredPulse): PulseView {
  return { ...pulse, event_time: new Date(pulse.event_time).toISOString(), health: healthOf(pulse.status) };
}
