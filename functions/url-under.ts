/** The URL of a path of a service whose own URL may have a path, too: behind a gateway services share a host. */
export function urlUnder(base: URL, path: string): URL {
  return new URL(`${base.pathname.replace(/\/$/, "")}${path}`, base);
}
