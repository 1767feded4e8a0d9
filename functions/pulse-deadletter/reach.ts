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
