import type { IncomingHttpHeaders } from "node:http";

/** The bearer token of a request; `undefined` for one without (RFC 6750, 2.1). */
export function bearerOf({ authorization }: IncomingHttpHeaders): string | undefined {
  return authorization === undefined ? undefined : /^Bearer +(\S+)$/i.exec(authorization)?.[1];
}
