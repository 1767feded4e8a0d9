import type { Fault } from "../../events/fault.ts";
import { problem } from "../../http/problem.ts";
import type { HttpReply } from "../../http/route.ts";
import { forbidden } from "../tokens/refusals.ts";
import { MAX_NEW_NAMES } from "./reach.ts";

/** 400: a correction that would fail again. */
export function notReplayed(faults: readonly Fault[]): HttpReply {
  return problem(400, "Invalid correction", "Nothing was replayed: the data would be refused again.", { faults });
}

/** 403: the token does not reach a dead letter. */
export function notForAllServices(): HttpReply {
  return forbidden("Expected a token for every service that the dead letter and its correction name.");
}

/** 403: a correction names a service that the event does not. */
export function newNames(): HttpReply {
  return forbidden(
    "Expected a correction that names only services of the event, or a token for every service: each name may be a new service.",
  );
}

/** 400: a correction that brings more services than one. */
export function tooManyNewNames(count: number): HttpReply {
  const rule = `Expected at most ${MAX_NEW_NAMES} service that neither the event nor its kept correction names: leave out the pulses of the others, and post them to pulse-ingest, which bounds services`;
  const faults = [{ pointer: "/data/pulses", rule, got: String(count) }];
  return problem(400, "Invalid correction", "Nothing was replayed: each new name may be a new service.", { faults });
}

/** 404: no dead letter has the id. */
export function unknownDeadLetter(): HttpReply {
  return problem(404, "Not found", "Expected the id of a dead letter, as GET /dead-letters lists them.");
}

/** 409: the broker took it before. */
export function replayedAlready(replayedAt: number): HttpReply {
  const time = new Date(replayedAt).toISOString();
  const detail = `The broker took it at ${time}; it would come back if it failed again. Send it once more with ?again=true.`;
  return problem(409, "Replayed already", detail);
}
