import { useState } from "preact/hooks";
import type { Refusal } from "./api.ts";

/**
 * Changes something by the API, and says what became of it. Who has no right to it is told so by pulse-query.
 * @returns with `change`, which says `done` afterwards, and gives whether it was done
 */
export function useChange() {
  const [words, setWords] = useState("");
  const change = async (ask: () => Promise<unknown>, done: string): Promise<boolean> => {
    setWords("…");
    try {
      await ask();
      setWords(done);
      return true;
    } catch (error) {
      const { status, message } = error as Refusal;
      setWords(`Nothing has changed. ${message}${status === 401 ? " Sign in with a token that may change it." : ""}`);
      return false;
    }
  };
  return { words, change };
}
