import { useEffect } from "preact/hooks";
import { DeadLettersView } from "./dead-letters-view.tsx";
import { type PageView, usePageView } from "./page-view.ts";
import { ServicePage } from "./service-page.tsx";
import { Wall } from "./wall.tsx";

/** Shows the view of the address, and listens for the keys that work in every view. */
export function App() {
  const view = usePageView();
  const isInside = view.name !== "wall";
  useEffect(() => {
    document.title = titleOf(view);
  }, [view]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof Element && event.target.closest("input, select, textarea") !== null;
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      if (event.key === "Escape" && isInside && !isTyping) location.hash = "#/";
      if (event.key !== "/" || isTyping) return;
      const search = document.getElementById("search");
      if (search === null) return;
      event.preventDefault();
      search.focus();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [isInside]);
  if (view.name === "service") return <ServicePage key={view.service} service={view.service} query={view.query} />;
  if (view.name === "dead-letters") return <DeadLettersView />;
  return <Wall query={view.query} />;
}

function titleOf(view: PageView): string {
  if (view.name === "service") return `${view.service} – PulseMesh`;
  return view.name === "dead-letters" ? "Dead letters – PulseMesh" : "PulseMesh";
}
