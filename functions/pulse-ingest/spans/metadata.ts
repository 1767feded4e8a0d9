import { isLonger } from "../../../events/json-value.ts";
import { MAX_VALUE_LENGTH } from "../../../events/metadata.ts";

const MARK = "…";

/** Adds a text to metadata, unless it is empty; one that is too long is cut, with a mark at its end. */
export function addText(metadata: Record<string, string>, key: string, text: string): void {
  if (text === "") return;
  metadata[key] = isLonger(text, MAX_VALUE_LENGTH)
    ? // At least as many characters as code points.
      [...text.slice(0, 2 * MAX_VALUE_LENGTH)]
        .slice(0, MAX_VALUE_LENGTH - 1)
        .join("")
        .toWellFormed() + MARK
    : text.toWellFormed();
}
