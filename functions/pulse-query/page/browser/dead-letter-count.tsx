import { useEffect, useState } from "preact/hooks";
import type { DeadLetterCount } from "../../dead-letter-answers.ts";
import { countDeadLetters, Refusal } from "./api.ts";
import { formatCount } from "./format.ts";

const EVERY_MS = 30_000;

let known: DeadLetterCount | undefined;
/** pulse-query may not know where pulse-deadletter is. */
let isKept = true;
const listeners = new Set<(count: DeadLetterCount | undefined) => void>();

/** Counts the dead letters that wait: now and then, and whenever one was replayed. */
export async function countAgain(): Promise<void> {
  if (!isKept || document.hidden) return;
  try {
    known = await countDeadLetters();
  } catch (error) {
    known = undefined;
    if (error instanceof Refusal && error.status === 404) isKept = false;
  }
  for (const listener of listeners) listener(known);
}

/** How many dead letters wait; `undefined` while that is not known. */
export function useDeadLetterCount(): DeadLetterCount | undefined {
  const [count, setCount] = useState(known);
  useEffect(() => {
    listeners.add(setCount);
    return () => void listeners.delete(setCount);
  }, []);
  return count;
}

/** The way to the dead letters, with how many of them wait. */
export function DeadLettersLink() {
  const count = useDeadLetterCount();
  useEffect(() => {
    void countAgain();
    const timer = setInterval(countAgain, EVERY_MS);
    document.addEventListener("visibilitychange", countAgain);
    return () => {
      document.removeEventListener("visibilitychange", countAgain);
      clearInterval(timer);
    };
  }, []);
  return (
    <a href="#/dead-letters">
      Dead letters
      {count !== undefined && count.waiting > 0 && (
        <>
          {" "}
          <b class="count">
            {formatCount(count.waiting)}
            {count.is_more && "+"}
          </b>
          <span class="unseen"> wait</span>
        </>
      )}
    </a>
  );
}
