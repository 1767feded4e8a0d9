import fc from "fast-check";
import { type EventPlan, event } from "./events.ts";
import { headerText, parameters } from "./plain-requests.ts";
import { asBase64, type Input, jsonText, type Verdict } from "./plan.ts";

type Header = readonly [name: string, value: string];

/** Writes a header's text as the HTTP binding asks (3.1.3.2): blanks, quotes, percent signs and all but printable ASCII encoded. */
function encoded(text: string): string {
  const bytes = [...Buffer.from(text)].map((byte) => String.fromCharCode(byte));
  return bytes
    .map((byte) =>
      /[!#$&-~]/.test(byte) ? byte : `%${byte.charCodeAt(0).toString(16).padStart(2, "0").toUpperCase()}`,
    )
    .join("");
}

/** Whether a header may hold the text as it is, as most SDKs write it, and docs/api.md says that it stays the same. */
function isSafeRaw(name: string, text: string): boolean {
  if (!/^[!-~]+$/.test(text) || text.startsWith('"')) return false;
  if (name !== "id" && name !== "source") return !text.includes("%");
  return (
    !text.includes("%") ||
    text === "/shop/eu%20west" ||
    /%(?![0-9a-f]{2})|%(?:21|2[346-9a-f]|[3-6][0-9a-f]|7[0-9a-e])/i.test(text)
  );
}

function verdictOf(places: readonly string[], plans: readonly EventPlan[]): Verdict {
  if (places.length > 0) return { kind: "refused", status: 400, places };
  return { kind: "accepted", pulses: plans.flatMap(({ stored }) => stored) };
}

/** An event, and the request that carries it. */
export interface EventRequest {
  plan: EventPlan;
  request: Input;
}

/** One event in binary mode. */
export const binaryEvent: fc.Arbitrary<EventRequest> = fc
  .tuple(
    event(false),
    fc.record({
      isRaw: fc.boolean(),
      isUtf8: fc.boolean(),
      isEscaped: fc.boolean(),
      mark: fc.constantFrom("", "\ufeff"),
      path: fc.constantFrom("/", "/pulse"),
      twice: fc.constantFrom(undefined, undefined, undefined, "equal", "other"),
      prefix: fc.constantFrom("ce-", "Ce-", "CE-"),
    }),
  )
  .map(([plan, how]) => {
    const { datacontenttype, ...others } = plan.attributes;
    const headers: Header[] = [["content-type", String(datacontenttype ?? "application/json")]];
    const places: string[] = [];
    for (const [name, value] of Object.entries(others)) {
      if (value === undefined || value === null) continue;
      const text = String(value).toWellFormed();
      const bytes = how.isUtf8 && /^[!#$&-~\u0080-\u{10ffff}]+$/u.test(text) ? headerText(text) : encoded(text);
      headers.push([how.prefix + name, how.isRaw && isSafeRaw(name, text) ? text : bytes]);
    }
    const last = headers.at(-1) as Header;
    if (how.twice !== undefined) headers.push(how.twice === "equal" ? last : [last[0], `${last[1]}x`]);
    if (how.twice === "other") places.push(`/${last[0].slice(3)}`);
    const request: Input = {
      method: "POST",
      path: how.path,
      headers,
      body: how.mark + (plan.data === undefined ? "" : jsonText(plan.data, how.isEscaped)),
      encoding: "utf8",
      verdict: verdictOf([...places, ...plan.faults], [plan]),
    };
    return { plan, request };
  });
export const binaryRequest: fc.Arbitrary<Input> = binaryEvent.map(({ request }) => request);

const layout = fc.record({
  isEscaped: fc.boolean(),
  mark: fc.constantFrom("", "\ufeff", "\n", " "),
  path: fc.constantFrom("/", "/pulse"),
  base64: fc.constantFrom("none", "none", "none", "instead", "both", "broken", "object"),
  parameters,
});

const PACKED = "packed data";

/** The event in the JSON format, and the places of its faults. */
function structured(plan: EventPlan, base64: string, isEscaped: boolean): { json: string; places: readonly string[] } {
  const packed = { instead: PACKED, both: PACKED, broken: "a=b", object: {} }[base64];
  // An absent value means that there is no data.
  const isPacked = packed !== undefined && plan.data !== null && plan.data !== undefined;
  const data = isPacked ? { data_base64: packed, ...(base64 === "both" && { data: plan.data }) } : { data: plan.data };
  const places = isPacked && base64 !== "instead" ? ["/data_base64", ...plan.faults] : plan.faults;
  const json = jsonText({ ...plan.attributes, ...data }, isEscaped);
  return { json: json.replace(PACKED, () => asBase64(jsonText(plan.data))), places };
}

/** One event in structured mode. */
export const structuredEvent: fc.Arbitrary<EventRequest> = fc.tuple(event(true), layout).map(([plan, how]) => {
  const { json, places } = structured(plan, how.base64, how.isEscaped);
  const request: Input = {
    method: "POST",
    path: how.path,
    headers: [["Content-Type", `application/cloudevents+json${how.parameters}`]],
    body: how.mark + json,
    encoding: "utf8",
    verdict: verdictOf(places, [plan]),
  };
  return { plan, request };
});
export const structuredRequest: fc.Arbitrary<Input> = structuredEvent.map(({ request }) => request);

/** A batch of events. */
export const batchRequest: fc.Arbitrary<Input> = fc
  .tuple(fc.uniqueArray(event(true), { maxLength: 4, comparator: haveSamePulse }), layout)
  .map(([plans, how]) => {
    const events = plans.map((plan) => structured(plan, how.base64, how.isEscaped));
    const places = events.flatMap((one, i) => one.places.map((place) => `/${i}${place}`));
    return {
      method: "POST",
      path: how.path,
      headers: [["content-type", `application/cloudevents-batch+json${how.parameters}`]],
      body: `${how.mark}[${events.map(({ json }) => json).join(",")}]`,
      encoding: "utf8",
      verdict: verdictOf(places, plans),
    };
  });

function haveSamePulse(one: EventPlan, other: EventPlan): boolean {
  const ids = new Set(one.stored.map(({ id, source }) => JSON.stringify([id, source])));
  return other.stored.some(({ id, source }) => ids.has(JSON.stringify([id, source])));
}
