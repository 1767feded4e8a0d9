import { problem } from "./problem.ts";
import type { HttpReply, Route } from "./route.ts";

/** The route of a request, or the answer to a request without one. */
export type Match =
  | { route: Route; parameters: Readonly<Record<string, string>> }
  | { route?: undefined; reply: HttpReply };

const NO_PARAMETERS: Readonly<Record<string, string>> = {};

/** Finds the route of a method and path: 404 for an unknown path, 405 with `Allow` for a wrong method. */
export function createRouter(routes: readonly Route[]): (method: string, path: string) => Match {
  const exact = new Map<string, Match>();
  const patterns: { segments: string[]; route: Route }[] = [];
  for (const route of routes) {
    if (route.path.includes("{")) patterns.push({ segments: route.path.split("/"), route });
    else exact.set(`${route.method} ${route.path}`, { route, parameters: NO_PARAMETERS });
  }
  return (method, path) => {
    const sought = method === "HEAD" ? "GET" : method;
    const found = exact.get(`${sought} ${path}`);
    if (found !== undefined) return found;
    const segments = path.split("/");
    const allowed = new Set<string>();
    for (const route of routes) if (route.path === path) allowed.add(route.method);
    for (const pattern of patterns) {
      const parameters = matchSegments(pattern, segments);
      if (parameters === undefined) continue;
      if (pattern.route.method === sought) return { route: pattern.route, parameters };
      allowed.add(pattern.route.method);
    }
    return { reply: allowed.size === 0 ? unknownPath(routes) : wrongMethod([...allowed]) };
  };
}

function matchSegments(
  { segments: pattern, route: { forms } }: { segments: readonly string[]; route: Route },
  segments: readonly string[],
): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const parameters: Record<string, string> = {};
  for (let i = 0; i < pattern.length; i++) {
    const expected = pattern[i] as string;
    const segment = segments[i] as string;
    if (expected.startsWith("{")) {
      const name = expected.slice(1, -1);
      const value = decoded(segment);
      // Dots would be gone from a URL that is made with them: what follows them would be another path.
      if (value === undefined || /^\.{0,2}$/.test(value) || forms?.[name]?.test(value) === false) return undefined;
      parameters[name] = value;
    } else if (expected !== segment) {
      return undefined;
    }
  }
  return parameters;
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

function unknownPath(routes: readonly Route[]): HttpReply {
  const known = routes.map((route) => `${route.method} ${route.path}`).join(", ");
  return problem(404, "Not found", `Expected one of ${known}.`);
}

function wrongMethod(allowed: readonly string[]): HttpReply {
  const allow = allowed.join(", ");
  return problem(405, "Method not allowed", `Expected ${allow}.`, { headers: { allow } });
}
