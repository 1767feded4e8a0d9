import { type Parsed, refuse } from "../../events/fault.ts";
import { singleValue, textOfHeader } from "../../events/header-value.ts";
import { isLonger } from "../../events/json-value.ts";
import { MAX_SHARED_ID_LENGTH } from "../../events/pulse.ts";
import type { HttpRequest } from "../../http/route.ts";

const HEADER = "idempotency-key";
const RULE = `Expected an Idempotency-Key of 1 to ${MAX_SHARED_ID_LENGTH} characters in UTF-8, bare or as "quoted" text`;
/** RFC 8941, 3.3.3: printable ASCII, with a backslash before a quote or a backslash. */
const QUOTED = /^"((?:[ !#-[\]-~]|\\["\\])*)"$/;

/**
 * The key that stands for a request's identity. The header is a structured field, a quoted string, but most senders
 * leave out the quotes: both are the same key.
 */
export function idempotencyKeyOf({ headers, rawHeaders }: HttpRequest): Parsed<string | undefined> {
  const joined = headers[HEADER];
  if (joined === undefined) return { ok: true, value: undefined };
  const raw = singleValue(HEADER, joined, rawHeaders);
  if (raw === undefined) return refuse("", "Expected one Idempotency-Key, or equal ones", joined);
  const key = raw.includes('"') ? QUOTED.exec(raw)?.[1]?.replace(/\\(.)/g, "$1") : textOfHeader(raw);
  const isKey = key !== undefined && key !== "" && !isLonger(key, MAX_SHARED_ID_LENGTH);
  return isKey ? { ok: true, value: key } : refuse("", RULE, joined);
}
