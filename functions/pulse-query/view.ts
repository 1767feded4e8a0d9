import { healthOf } from "../../events/health.ts";
import { traceparentOfSpan } from "../../events/span-identity.ts";
import type { PlannedStretch } from "../../health/maintenance.ts";
import type { StoredPulse } from "../../storage/ports.ts";
import type { PlannedWorkView, PulseView, ServiceView } from "./answers.ts";
import type { JudgedService } from "./service-list.ts";
import { timeText } from "./time-text.ts";

/** A service by its newest pulse, and how it is. */
export function viewService({ pulse, health, since, cause, isInMaintenance }: JudgedService): ServiceView {
  const time = timeText(pulse.event_time);
  return {
    service_name: pulse.service_name,
    health,
    since: timeText(since ?? null),
    cause,
    in_maintenance: isInMaintenance,
    last_seen: time,
    event_time: time,
    latency_ms: pulse.latency_ms,
    status: pulse.status,
    ...(pulse.metadata !== undefined && { metadata: pulse.metadata }),
  };
}

/** A pulse as a line of an export, which has all fields. */
export function viewPulseLine(pulse: StoredPulse): PulseView {
  const view = viewPulse(pulse);
  return { ...view, traceparent: view.traceparent ?? null };
}

export function viewPulse(pulse: StoredPulse): PulseView {
  const traceparent = traceparentOfSpan(pulse);
  const view = { ...pulse, event_time: timeText(pulse.event_time), health: healthOf(pulse.status) };
  return traceparent === undefined ? view : { ...view, traceparent };
}

export function viewPlanned({ from, to, reason }: PlannedStretch): PlannedWorkView {
  return { from: timeText(from), to: timeText(to), reason: reason ?? null };
}
