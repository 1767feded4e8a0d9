// The table of doors in docs/security.md.
import { readDocument } from "./documents.ts";
import type { Role } from "./platform.ts";

/** A door, the right that it asks for, and its answers in the order of the columns. */
export interface Row {
  process: Role;
  door: string;
  right: string;
  answers: readonly string[];
}

export const ROWS: readonly Row[] = [
  ...readDocument("docs/security.md").matchAll(/^\| (pulse-\w+|broker) \| `([A-Z]+ [^`]+)` \| ([^|]+) \|(.*)\|$/gm),
].map(([, process, door, right, answers]) => ({
  process: process as Role,
  door: door as string,
  right: (right as string).replace(/,.*/, ""),
  answers: (answers as string).split("|").map((answer) => answer.trim()),
}));
