import { useEffect, useState } from "preact/hooks";

/** What the page shows, as the part of its address after "#" says it; `query` says how: filters, order, span. */
export type PageView = { query: URLSearchParams } & (
  | { name: "wall" | "dead-letters" | "sign-in" }
  | { name: "service"; service: string }
);

function readView(): PageView {
  const [path = "", search = ""] = location.hash.slice(1).split("?", 2);
  const query = new URLSearchParams(search);
  const service = /^\/services\/(.+)$/.exec(path)?.[1];
  try {
    if (service !== undefined) return { name: "service", service: decodeURIComponent(service), query };
  } catch {
    // The address was cut inside of an escape.
  }
  const name = path === "/dead-letters" ? "dead-letters" : path === "/sign-in" ? "sign-in" : "wall";
  return { name, query };
}

export function hrefOfService(service: string): string {
  return `#/services/${encodeURIComponent(service)}`;
}

/** Changes the query without a step in the history. An empty value removes its parameter. */
export function changeQuery(changes: Record<string, string>): void {
  const [path = ""] = location.hash.slice(1).split("?", 1);
  const { query } = readView();
  for (const [name, value] of Object.entries(changes)) {
    if (value === "") query.delete(name);
    else query.set(name, value);
  }
  const search = query.toString();
  history.replaceState(null, "", `#${path || "/"}${search === "" ? "" : `?${search}`}`);
  dispatchEvent(new HashChangeEvent("hashchange"));
}

/** The view of the address as it is now. */
export function usePageView(): PageView {
  const [view, setView] = useState(readView);
  useEffect(() => {
    const read = () => setView(readView());
    addEventListener("hashchange", read);
    return () => removeEventListener("hashchange", read);
  }, []);
  return view;
}
