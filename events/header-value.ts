// Values of HTTP headers that carry text: CloudEvents HTTP binding 1.0.2, section 3.1.3.2, and what senders really write.
import { decodeUtf8 } from "./cloud-event.ts";

/**
 * The one value of a header, which a request may repeat with equal values; `undefined` for different ones.
 * @param value as node's `headers` has it, which joins the values of a repeated header with ", "
 * @param rawHeaders as node has them: names and values in turn
 */
export function singleValue(
  name: string,
  value: string | readonly string[],
  rawHeaders: readonly string[],
): string | undefined {
  if (typeof value === "string" && !value.includes(", ")) return value;
  const values = typeof value === "string" ? valuesOf(name, rawHeaders) : value;
  const [first = String(value)] = values;
  return values.every((other) => other === first) ? first : undefined;
}

/** Whether a header came with different values of which node keeps the first, as it does with Content-Type. */
export function isContradictory(name: string, rawHeaders: readonly string[]): boolean {
  let first: string | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const header = rawHeaders[i] as string;
    if (header.length !== name.length || header.toLowerCase() !== name) continue;
    first ??= rawHeaders[i + 1];
    if (rawHeaders[i + 1] !== first) return true;
  }
  return false;
}

function valuesOf(name: string, rawHeaders: readonly string[]): string[] {
  return rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === name);
}

/** The text of a header, sent in UTF-8; `undefined` for other bytes. Node gives each byte as a character (Latin-1). */
export function textOfHeader(raw: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: asks for anything outside ASCII
  return /[^\x00-\x7f]/.test(raw) ? decodeUtf8(Buffer.from(raw, "latin1")) : raw;
}

/** Writes text for a header: blanks, ", % and everything outside printable ASCII percent-encoded as UTF-8. */
export function encodeHeader(text: string): string {
  return /^[!#$&-~]*$/.test(text) ? text : text.toWellFormed().replace(/[^!#$&-~]+/g, percentEncode);
}

function percentEncode(text: string): string {
  return Array.from(Buffer.from(text), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
}

/** Reads text that {@link encodeHeader} wrote, with any other percent sequence decoded too; `undefined` without UTF-8. */
export function decodeHeader(raw: string): string | undefined {
  const text = textOfHeader(unquote(raw));
  try {
    return text?.includes("%") ? text.replace(/(?:%[0-9a-f]{2})+/gi, decodeURIComponent) : text;
  } catch {
    return undefined;
  }
}

/**
 * Reads text that is part of an identity. Most SDKs, and Knative's broker, write a percent sign as it is: `order%2F1` and
 * `order/1` must not become one. So only what {@link encodeHeader} writes is decoded, and everything else is the text.
 */
export function decodeExactHeader(raw: string): string | undefined {
  if (!raw.includes("%") || unquote(raw) !== raw) return decodeHeader(raw);
  const decoded = decodeHeader(raw);
  const isEncoded = decoded !== undefined && encodeHeader(decoded) === raw.replace(/%[0-9a-f]{2}/gi, toUpperCase);
  return isEncoded ? decoded : textOfHeader(raw);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: a URI reference holds no blanks and no controls
export const NO_URI = /[\x00-\x20\x7f]/;

/** Reads a URI reference. A sender that does not encode means `/eu%20west`, which decoded would be none. */
export function decodeUriHeader(raw: string): string | undefined {
  const uri = decodeExactHeader(raw);
  return uri !== undefined && NO_URI.test(uri) ? textOfHeader(unquote(raw)) : uri;
}

const toUpperCase = (text: string) => text.toUpperCase();

// Senders of older versions of the binding quote a value instead of encoding its blanks.
function unquote(raw: string): string {
  return raw.length > 1 && raw.startsWith('"') && raw.endsWith('"') ? raw.slice(1, -1).replace(/\\(.)/g, "$1") : raw;
}
