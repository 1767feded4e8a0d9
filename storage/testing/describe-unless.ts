import { describe } from "vitest";

/** Describes tests, or skips them and says why beside their title in the report. */
export function describeUnless(skip: string | undefined, title: string, tests: () => void): void {
  describe.skipIf(skip !== undefined)(skip === undefined ? title : `${title} (skipped: ${skip})`, tests);
}
