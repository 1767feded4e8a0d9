import { type CloudEvent, PULSE_TYPE, PULSES_TYPE, parseJson } from "../../events/cloud-event.ts";

/**
 * How many pulses an event carries, valid or not: the ledger counts pulses, and an event may hold thousands. 0 for an
 * event that is not of ours; 1 where it cannot be told.
 */
export function countPulses({ type, data }: CloudEvent): number {
  if (type === PULSE_TYPE) return 1;
  if (type !== PULSES_TYPE) return 0;
  let value: unknown = data.kind === "json" ? data.value : undefined;
  if (data.kind === "bytes") {
    const parsed = parseJson(data.bytes, "");
    if (parsed.ok) value = parsed.value;
  }
  const pulses = (value as { pulses?: unknown } | null | undefined)?.pulses;
  return Array.isArray(pulses) ? pulses.length : 1;
}
