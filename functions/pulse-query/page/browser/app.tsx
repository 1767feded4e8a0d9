import { useEffect } from "preact/hooks";
import { DeadLettersView } from "./dead-letters-view.tsx";
import { type PageView, usePageView } from "./page-view.ts";
import { ServicePage } from "./service-page.tsx";
import { askSession, useSession } from "./session.ts";
import { SignIn } from "./sign-in.tsx";
import { Wall } from "./wall.tsx";

/** Shows the view of the address, and listens for the keys that work in every view. */
export function App() {
  const view = usePageView();
  const session = useSession();
  useEffect(() => void askSession(), []);
  const isInside = view.name !== "wall";
  useEffect(() => {
    document.title = titleOf(view);
  }, [view]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isTyping =
        event.target instanceof Element && event.target.closest("input, select, textarea, dialog") !== null;
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
  if (session?.may_read === false) return <SignIn reason="Reading needs a token." />;
  if (view.name === "sign-in") {
    return <SignIn reason="To change something, a token of an admin is needed." onDone={() => history.back()} />;
  }
  if (view.name === "service") return <ServicePage key={view.service} service={view.service} query={view.query} />;
  if (view.name === "dead-letters") return <DeadLettersView />;
  return <Wall query={view.query} />;
}

function titleOf(view: PageView): string {
  if (view.name === "service") return `${view.service} – PulseMesh`;
  if (view.name === "sign-in") return "Sign in – PulseMesh";
  return view.name === "dead-letters" ? "Dead letters – PulseMesh" : "PulseMesh";
}
