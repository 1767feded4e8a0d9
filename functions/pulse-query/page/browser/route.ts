import { useEffect, useState } from "preact/hooks";

/** What the page shows, as the part of its address after "#" says it. */
export type View = { name: "wall" } | { name: "service"; service: string } | { name: "dead-letters" };

export interface Route {
  view: View;
  /** How it is shown: filters, order, span. */
  query: URLSearchParams;
}

function readRoute(): Route {
  const [path = "", search = ""] = location.hash.slice(1).split("?", 2);
  const query = new URLSearchParams(search);
  const service = /^\/services\/(.+)$/.exec(path)?.[1];
  if (service !== undefined) {
    try {
      return { view: { name: "service", service: decodeURIComponent(service) }, query };
    } catch {
      return { view: { name: "wall" }, query }; // an address that was cut
    }
  }
  return { view: { name: path === "/dead-letters" ? "dead-letters" : "wall" }, query };
}

export function hrefOfService(service: string): string {
  return `#/services/${encodeURIComponent(service)}`;
}

/** Changes how the view is shown, without a step in the history; an empty value takes the parameter away. */
export function changeQuery(changes: Record<string, string>): void {
  const [path = ""] = location.hash.slice(1).split("?", 1);
  const { query } = readRoute();
  for (const [name, value] of Object.entries(changes)) {
    if (value === "") query.delete(name);
    else query.set(name, value);
  }
  const search = query.toString();
  history.replaceState(null, "", `#${path || "/"}${search === "" ? "" : `?${search}`}`);
  dispatchEvent(new HashChangeEvent("hashchange"));
}

/** The route as it is now. */
export function useRoute(): Route {
  const [route, setRoute] = useState(readRoute);
  useEffect(() => {
    const read = () => setRoute(readRoute());
    addEventListener("hashchange", read);
    return () => removeEventListener("hashchange", read);
  }, []);
  return route;
}
