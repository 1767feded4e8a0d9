import { problem } from "../../http/problem.ts";
import type { HttpReply } from "../../http/route.ts";

/** 404 for what is asked of a service that has no pulse. */
export function unknownService(): HttpReply {
  return problem(404, "Not found", "Expected a service that has pulsed within the retention.");
}
