import type { types } from "cassandra-driver";
import type { SetService } from "../health-ports.ts";

/** What a row of `set_services` says. */
export function setServiceOf({ service_name: service, is_retired, work }: types.Row): SetService {
  const isRetired = is_retired === true;
  if (work === null) return { service, isRetired, work: undefined };
  const [from, to, reason] = work.values();
  return { service, isRetired, work: { from: from.getTime(), to: to.getTime(), reason } };
}
