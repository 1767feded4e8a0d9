import { inspect } from "node:util";

// Control characters (C0, DEL, C1), formats such as the bidirectional ones, separators of lines, and lone surrogates: a
// terminal obeys them, or shows other text than it was given.
const COMMANDS = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** A text from outside as a terminal may show it: what a terminal would obey is escaped, except what `kept` has. */
export function forTerminal(text: string, kept = ""): string {
  return text.replace(COMMANDS, (character) => (kept.includes(character) ? character : escapeOf(character)));
}

/**
 * What a process says of the failure that ends it: the message of an error that a person can mend, and of any other where in the code
 * it came from. @param mendable the names of the former, such as `SettingsError`
 */
export function failureForTerminal(error: unknown, mendable: readonly string[]): string {
  const isMendable = error instanceof Error && mendable.includes(error.name);
  return forTerminal(isMendable ? error.message : inspect(error), "\n");
}

function escapeOf(character: string): string {
  const quoted = JSON.stringify(character).slice(1, -1);
  if (quoted !== character) return quoted;
  return Array.from({ length: character.length }, (_, i) => character.charCodeAt(i))
    .map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`)
    .join("");
}
