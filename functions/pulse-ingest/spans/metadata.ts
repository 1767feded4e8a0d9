import { isLonger } from "../../../events/json-value.ts";
import { MAX_VALUE_LENGTH } from "../../../events/metadata.ts";

const MARK = "…";

/** Adds a text to metadata, unless it is empty; one of more than `maxLength` characters is cut, with a mark at its end. */
export function addText(
  metadata: Record<string, string>,
  key: string,
  text: string,
  maxLength = MAX_VALUE_LENGTH,
): void {
  if (text === "") return;
  metadata[key] = isLonger(text, maxLength)
    ? // At least as many characters as code points.
      [...text.slice(0, 2 * maxLength)]
        .slice(0, maxLength - 1)
        .join("")
        .toWellFormed() + MARK
    : text.toWellFormed();
}
