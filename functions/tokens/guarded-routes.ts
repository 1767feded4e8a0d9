import { fault } from "../../events/fault.ts";
import { SERVICE_NAME_FORM, SERVICE_NAME_RULE } from "../../events/pulse.ts";
import { admitChange } from "../../http/changes.ts";
import { problem } from "../../http/problem.ts";
import type { HttpReply, HttpRequest, Route } from "../../http/route.ts";
import type { Door } from "./doors.ts";
import { forbidden, unauthorized } from "./refusals.ts";
import type { Grant } from "./token-file.ts";

/** A route that learns which services its request may reach. */
export interface GuardedRoute extends Omit<Route, "admit" | "handle"> {
  handle: (request: HttpRequest, grant: Grant) => HttpReply | Promise<HttpReply>;
}

/**
 * Routes that only requests with a door's right reach. What is no GET changes something: no other site's page may ask for it,
 * and its body is JSON. Where the path names a service, the name has the form of one (400), and the right must cover it.
 */
export function behind(door: Door, routes: readonly GuardedRoute[]): Route[] {
  return routes.map(({ handle, ...route }) => ({
    ...route,
    admit: route.method === "GET" ? door.admit : (headers) => admitChange(headers) ?? door.admit(headers),
    handle(request) {
      const grant = door.grantOf(request.headers);
      // Revoked while the body arrived.
      if (grant === undefined) return unauthorized(true);
      const { service } = request.parameters;
      if (service !== undefined && !SERVICE_NAME_FORM.test(service)) return NO_NAME;
      if (service !== undefined && !grant.covers(service)) return notFor(service);
      return handle(request, grant);
    },
  }));
}

/**
 * Whether a token may still have what its request got a grant for, where an answer takes long. A file that is read again gives new
 * grants: one that is not for all counts as another.
 * @param service what the answer is about; absent: every service that the grant covers
 */
export function isStillFor(grant: Grant, now: Grant | undefined, service?: string): boolean {
  if (service !== undefined) return now?.covers(service) === true;
  return now === grant || (grant.coversAll && now?.coversAll === true);
}

const NAME_FAULTS = [fault("/service_name", SERVICE_NAME_RULE, "")];
const NO_NAME: HttpReply = {
  ...problem(400, "Invalid request", "1 fault found in the path.", { faults: NAME_FAULTS }),
  faults: NAME_FAULTS,
};

function notFor(service: string): HttpReply {
  return forbidden(`Expected a token for the service ${service}.`);
}
