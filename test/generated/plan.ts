// What a generated input sends, and what docs/api.md and docs/senders.md promise of it. The generators change one part of what is
// valid and say what follows, so that what PulseMesh takes wrongly is found, too. They share no rule with the product.

/** A part of an input: the value of a field, a whole pulse, an attribute of an event. */
export interface Plan {
  /** What is sent; `undefined` leaves the part out. */
  given: unknown;
  /** What is read back, where it is not what was sent. */
  stored?: unknown;
  /** The places that a refusal may name, relative to the part. None: the part is valid. */
  faults: readonly string[];
}

export const valid = (given: unknown, stored: unknown = given): Plan => ({ given, stored, faults: [] });
export const faulty = (given: unknown, ...faults: string[]): Plan => ({ given, faults });

/** The time of a pulse that was sent without one. */
export const ARRIVAL = "its arrival";

/** A pulse as pulse-query must give it back. Without an `id`, the answer to the request tells it. */
export interface Stored {
  service_name: string;
  id: string | undefined;
  source: string;
  /** Epoch ms. */
  event_time: number | typeof ARRIVAL;
  latency_ms: number;
  status: string;
  metadata: Record<string, string>;
}

/** A request, and the answer that the documents promise. */
export interface Input {
  method: string;
  path: string;
  headers: readonly (readonly [name: string, value: string])[];
  body: string;
  /** Of the body: `latin1` makes one byte of each character. */
  encoding: "utf8" | "latin1";
  verdict: Verdict;
}

export type Verdict =
  | { kind: "accepted"; pulses: readonly Stored[] }
  | { kind: "refused"; status: number; places?: readonly string[] }
  /** The documents leave it open; when it is accepted, the pulses are read back. */
  | { kind: "open"; pulses: readonly Stored[] };

/** Begins each generated service's name. A run puts its own text of the same length there (marks.ts). */
export const MARK = "SERVICE00";

/** Stands in a body for the base64 of a text, in which the mark is still to be replaced. */
export const asBase64 = (text: string) => `@base64 ${text} base64@`;

/** The bytes of a body, with the mark of one run. */
export function bodyOf({ body, encoding }: Pick<Input, "body" | "encoding">, mark: string): Buffer {
  const marked = body.replaceAll(MARK, mark);
  const whole = marked.replace(/@base64 (.*?) base64@/gs, (_, text) => Buffer.from(text).toString("base64"));
  return Buffer.from(whole, encoding);
}

/** A number as its text stands in JSON, such as 1e2. */
export class NumberText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** JSON, with each {@link NumberText} as it is and, where asked, everything outside ASCII escaped. */
export function jsonText(value: unknown, isEscaped = false): string {
  if (value instanceof NumberText) return value.text;
  if (Array.isArray(value)) return `[${value.map((item) => jsonText(item, isEscaped)).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    return `{${members.map(([name, member]) => `${jsonText(name, isEscaped)}:${jsonText(member, isEscaped)}`).join(",")}}`;
  }
  const text = JSON.stringify(value);
  return isEscaped ? text.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`) : text;
}

/** The JSON pointer of one member. */
export function pointerOf(name: string): string {
  return `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
