import { type CloudEvent, jsonOf, PULSE_TYPE, PULSES_TYPE } from "../../events/cloud-event.ts";

/**
 * How many pulses an event carries, valid or not: the ledger counts pulses, and an event may hold thousands. 0 for an
 * event of a foreign type; 1 for an event that cannot be read.
 */
export function countPulses(event: CloudEvent): number {
  if (event.type === PULSE_TYPE) return 1;
  if (event.type !== PULSES_TYPE) return 0;
  const json = jsonOf(event);
  const pulses = json.ok ? (json.value as { pulses?: unknown } | null)?.pulses : undefined;
  return Array.isArray(pulses) ? pulses.length : 1;
}
