import type { Stored } from "./plan.ts";

/** A line of a file that is no blank one. */
export interface LinePlan {
  /** From 1. */
  number: number;
  /** Absent: the line is refused, and named. Its id, where it has none, begins with the file's name and the line's number. */
  stored?: Stored;
}

/** A file for `send`, and what docs/senders.md promises of it. */
export interface FilePlan {
  text: string;
  /** The ends of the file's name that say its format. */
  ending: string;
  args: readonly string[];
  lines: readonly LinePlan[];
  /** Whether the last line waits for its line break. */
  isOpen: boolean;
  how: Packing;
}

/** How a file holds its text. */
export interface Packing {
  encoding: "utf8" | "utf8 with a mark" | "utf16le" | "utf16be";
  isPacked: boolean;
}

/** The plans without those whose pulse has the identity of an earlier one. */
export function withoutSeconds<T>(plans: readonly T[], storedOf: (plan: T) => Stored | undefined): T[] {
  const seen = new Set<string>();
  return plans.filter((plan) => {
    const stored = storedOf(plan);
    if (stored?.id === undefined) return true;
    const identity = JSON.stringify([stored.service_name, stored.id]);
    return !seen.has(identity) && seen.add(identity);
  });
}
