import type { IncomingHttpHeaders } from "node:http";

/** The cookie in which the page's sign-in keeps a token. */
export const TOKEN_COOKIE = "pulsemesh_token";
const COOKIE = new RegExp(`(?:^|;\\s*)${TOKEN_COOKIE}=([^;]*)`);

/** The bearer token of a request; `undefined` for one without (RFC 6750, 2.1). */
export function bearerOf({ authorization }: IncomingHttpHeaders): string | undefined {
  return authorization === undefined ? undefined : /^Bearer +(\S+)$/i.exec(authorization)?.[1];
}

/** The token that the page's sign-in left with the browser; `undefined` where it left none. */
export function cookieTokenOf({ cookie = "" }: IncomingHttpHeaders): string | undefined {
  const value = COOKIE.exec(cookie)?.[1];
  try {
    return value === undefined || value === "" ? undefined : decodeURIComponent(value);
  } catch {
    return undefined;
  }
}

/** The token of a program or of a signed-in browser. */
export function credentialOf(headers: IncomingHttpHeaders): string | undefined {
  return bearerOf(headers) ?? cookieTokenOf(headers);
}
