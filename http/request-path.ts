import type { IncomingMessage } from "node:http";
import type { Route } from "./route.ts";

type Literals = Map<string, Literals>;

/** A request's path and query. RFC 9112, 3.2.2: a server also takes the absolute form, which clients send to a proxy. */
export function originForm(target: string): string {
  if (target.startsWith("/") || !URL.canParse(target)) return target;
  const { pathname, search } = new URL(target);
  return pathname + search;
}

/**
 * What a log line says of a request's path: the path of its route, with `{names}` and no values, and where it has none, as much of its
 * beginning as the routes have literally. A token may stand at any other place, also where it was put by mistake.
 */
export function createShownPath(routes: readonly Route[]): (request: IncomingMessage, route?: Route) => string {
  const beginnings: Literals = new Map();
  for (const { path } of routes) {
    let inner = beginnings;
    for (const literal of (path.split("/{", 1)[0] as string).split("/")) {
      const known = inner.get(literal) ?? new Map();
      inner.set(literal, known);
      inner = known;
    }
  }
  return ({ url = "" }, route) => {
    if (route !== undefined) return route.path;
    const shown: string[] = [];
    let known: Literals | undefined = beginnings;
    for (const segment of originForm(url).split("?", 1)[0]?.split("/") ?? []) {
      known = known.get(segment);
      if (known === undefined) return [...shown, "…"].join("/");
      shown.push(segment);
    }
    return shown.join("/");
  };
}
