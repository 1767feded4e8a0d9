import type { CloudEvent } from "../../events/cloud-event.ts";
import type { DeadLetter } from "../../storage/ports.ts";
import type { Grant } from "../tokens/token-file.ts";
import { asReplayed, servicesOf } from "./dead-letter.ts";

/**
 * Whether a token may see a dead letter and send it again: it covers every service that the event names, as it failed first and as
 * a replay would send it. A dead letter that names none belongs to a token for every service.
 */
export function reaches(grant: Grant, { event, correction }: Pick<DeadLetter, "event" | "correction">): boolean {
  if (grant.coversAll) return true;
  const services = servicesOf(event);
  if (services.size === 0) return false;
  const replayed = correction === undefined ? [] : servicesOf(asReplayed(event, correction));
  return [...services, ...replayed].every((service) => grant.covers(service));
}

/**
 * Whether a token that reaches a dead letter may send a correction of it. One that is not for every service names only services
 * that the event names: the bound on services is pulse-ingest's, and each new correction could bring a new name.
 */
export function mayCorrect(grant: Grant, event: CloudEvent, correction: Buffer): boolean {
  if (grant.coversAll) return true;
  const named = servicesOf(event);
  return [...servicesOf(asReplayed(event, correction))].every((service) => named.has(service));
}

/** The most services that a correction brings: a wrong name put right is one. */
export const MAX_NEW_NAMES = 1;

/**
 * How many services a correction names that neither the event nor its kept correction does. The bound on services is pulse-ingest's,
 * and what is replayed does not pass it: one correction could bring thousands.
 */
export function countNewNames({ event, correction }: Pick<DeadLetter, "event" | "correction">, next: Buffer): number {
  const kept = correction === undefined ? new Set<string>() : servicesOf(asReplayed(event, correction));
  return servicesOf(asReplayed(event, next)).difference(servicesOf(event).union(kept)).size;
}
