import type { IncomingHttpHeaders } from "node:http";
import type { Grant } from "./token-file.ts";

const MAX_NAME = 128;

/**
 * Who made a change, for a log line: the user whom a trusted proxy names in `userHeader`, and the line of the token in its file.
 * Empty where nobody needs a token.
 */
export function authorOf(headers: IncomingHttpHeaders, { line }: Grant, userHeader: string | undefined): object {
  const user = userHeader === undefined ? undefined : headers[userHeader];
  return {
    ...(typeof user === "string" && user !== "" && { user: user.slice(0, MAX_NAME) }),
    ...(line !== undefined && { tokenLine: line }),
  };
}
