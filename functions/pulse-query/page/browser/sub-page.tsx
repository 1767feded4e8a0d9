import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Banner } from "./banner.tsx";
import type { Connection } from "./live.ts";
import { Masthead } from "./masthead.tsx";

interface SubPageProperties {
  title: string;
  connection?: Connection | undefined;
  /** Stands beside the title and below it. */
  lead: ComponentChildren;
  children: ComponentChildren;
}

/** A view that the wall leads to. Its title takes the focus, so that a reader at the keyboard goes on from there. */
export function SubPage({ title, connection, lead, children }: SubPageProperties) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <>
      <Masthead connection={connection} />
      <main id="main" class="service">
        <Banner connection={connection} />
        <p class="back">
          <a href="#/">← All services</a>
        </p>
        <div class="title">
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {lead}
        </div>
        {children}
      </main>
    </>
  );
}

/** Says that something could not be loaded, and why. */
export function LoadError({ why }: { why: string | undefined }) {
  if (why === undefined) return null;
  return (
    <p class="problem" role="alert">
      Could not load: {why}
    </p>
  );
}
