import { useEffect, useRef } from "preact/hooks";
import { DeadLetters } from "./dead-letters.tsx";
import { Masthead } from "./masthead.tsx";

/** Everything that could not be stored. */
export function DeadLettersView() {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <>
      <Masthead />
      <main id="main" class="service">
        <p class="back">
          <a href="#/">← All services</a>
        </p>
        <div class="title">
          <h1 ref={heading} tabIndex={-1}>
            Dead letters
          </h1>
          <p class="rhythm">What was accepted and could not be stored is kept here until it is put right.</p>
        </div>
        <DeadLetters />
      </main>
    </>
  );
}
