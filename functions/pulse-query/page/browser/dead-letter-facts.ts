// What a dead letter says, in words. It may be broken in any way, and its last answer may be anybody's.
import { isObject } from "../../../../events/json-value.ts";
import type { DeadLetterCount, DeadLetterView } from "../../dead-letter-answers.ts";
import { formatCount } from "./format.ts";

const MAX_VALUE_LENGTH = 60;

/** The data that failed first, as text: JSON, or its bytes read as UTF-8. */
export function originalOf({ event }: DeadLetterView): string {
  if (event.data !== undefined) return JSON.stringify(event.data, null, 2);
  if (typeof event.data_base64 !== "string") return "";
  return new TextDecoder().decode(Uint8Array.from(atob(event.data_base64), (character) => character.charCodeAt(0)));
}

/** The data that a replay sends. */
export function dataToSend(deadLetter: DeadLetterView): string {
  const { correction } = deadLetter;
  return correction === undefined ? originalOf(deadLetter) : JSON.stringify(correction, null, 2);
}

/** A fault with the value that is at fault: where, what is there, and the rule. */
export function explainFault({ event, correction }: DeadLetterView, { pointer, rule, got }: Fault) {
  const path = pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  const [root, ...rest] = path;
  if (root !== "data") return { place: pointer, value: got, rule };
  const value = rest.reduce<unknown>(
    (inside, name) => (Object(inside) as Record<string, unknown>)[name],
    correction ?? event.data,
  );
  const text = JSON.stringify(value) ?? got; // without JSON: what is absent, or what a name such as "constructor" finds
  return {
    place: rest.join("/") || "data",
    value: text.length > MAX_VALUE_LENGTH ? `${text.slice(0, MAX_VALUE_LENGTH)}…` : text,
    rule,
  };
}
export type Fault = DeadLetterView["faults"][number];

/** The last answer's body: a problem's detail and faults, or any text. */
export function explainDetail(detail: NonNullable<DeadLetterView["detail"]>): string {
  if (typeof detail === "string") return detail;
  const { detail: said, title, errors } = detail;
  const faults = (Array.isArray(errors) ? errors : []).filter(isFault);
  const words = faults.map(({ pointer, rule }) => `${pointer || "the whole"}: ${rule}`);
  return [said ?? title, ...words].filter((part) => typeof part === "string").join(" ");
}

function isFault(value: unknown): value is Pick<Fault, "pointer" | "rule"> {
  return isObject(value) && typeof value.pointer === "string" && typeof value.rule === "string";
}

/** How many dead letters wait, in words. */
export function describeWaiting({ waiting, is_more: isMore }: DeadLetterCount): string {
  if (waiting === 0) return "no dead letter waits";
  return waiting === 1 ? "1 dead letter waits" : `${formatCount(waiting)}${isMore ? "+" : ""} dead letters wait`;
}
