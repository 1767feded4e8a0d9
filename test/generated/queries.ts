import fc from "fast-check";
import { count, encoding, faultsOf, noCount, parametersOf, spanParameters, type Texts } from "./query-parameters.ts";
import { text } from "./texts.ts";

/** A question to pulse-query, and what the documents promise of the answer. */
export interface Query {
  /** The path and the query, encoded. */
  target: string;
  accept?: string;
  /** The places of faults: the answer is 400 and names one of them. */
  faults: readonly string[];
  /** What a valid question is about. */
  about:
    | { kind: "pulses" | "lines"; service: string; span: Partial<Span>; limit: number }
    | { kind: "summary"; service: string; span: Partial<Span>; buckets: number }
    | { kind: "other"; status: number; type: string };
}

interface Span {
  from: number;
  to: number;
}

/** The services whose pulses are known; a question about any other name finds none. */
export const KNOWN_SERVICES = ["known-a", "known-b", "known/c:d", "known.e"];
const NAME_FORM = /^[A-Za-z0-9][A-Za-z0-9._:/-]*$/;
const serviceName = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...KNOWN_SERVICES) },
  { weight: 1, arbitrary: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,40}$/) },
  { weight: 1, arbitrary: text(1, 60).filter((name) => !/^\.{0,2}$/.test(name)) },
);

function targetOf(path: readonly string[], parameters: Texts, encode: (one: string) => string): string {
  const query = parameters.map(([name, { text }]) => `${encode(name)}=${encode(text)}`).join("&");
  // The words of the API stand as they are.
  return `/${path.map((part, i) => (i === 1 && path[0] === "services" ? encode(part) : part)).join("/")}${query === "" ? "" : `?${query}`}`;
}

function spanQuery<K extends "pulses" | "lines" | "summary">(
  kind: K,
  path: string,
  more: Parameters<typeof parametersOf>[0],
): fc.Arbitrary<Query> {
  return fc
    .tuple(serviceName, parametersOf({ ...spanParameters, ...more }), encoding)
    .map(([service, parameters, encode]): Query => {
      const {
        from,
        to,
        limit = 100,
        buckets = 60,
      } = Object.fromEntries(parameters.map(([name, { value }]) => [name, value]));
      const faults = faultsOf(parameters);
      if (faults.length === 0 && from !== undefined && to !== undefined && from >= to) faults.push("/query/to");
      if (!NAME_FORM.test(service)) faults.push("/service_name");
      const span = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
      const about =
        kind === "summary"
          ? { kind: "summary" as const, service, span, buckets }
          : { kind: kind as "pulses" | "lines", service, span, limit };
      return {
        target: targetOf(["services", service, path], parameters, encode),
        ...(kind === "lines" && { accept: "application/x-ndjson" }),
        faults,
        about,
      };
    });
}

/** Other addresses. The status and the type of a valid question's answer. */
const otherQuery: fc.Arbitrary<Query> = fc
  .tuple(
    fc.constantFrom<[path: string[], status: number, type: string]>(
      [["openapi.json"], 200, "application/json"],
      [["dead-letters", "count"], 200, "application/json"],
      [["dead-letters", "0".repeat(24)], 404, "application/problem+json"],
      [["dead-letters", "x"], 404, "application/problem+json"],
      [["services", "known-a"], 200, "application/json"],
      [["services", "nobody"], 404, "application/problem+json"],
      [["services", "nobody", "badge.svg"], 200, "image/svg+xml"],
      [["services", "known/c:d", "badge.svg"], 200, "image/svg+xml"],
      [["services", "nobody", "badge.json"], 200, "application/json"],
      [["services", "..", "pulses"], 404, "application/problem+json"],
      [["services", "", "pulses"], 404, "application/problem+json"],
      [["nothing"], 404, "application/problem+json"],
    ),
    fc.oneof(parametersOf({}), fc.constant<Texts>([])),
    encoding,
  )
  .map(([[path, status, type], parameters, encode]) => {
    // The picture and the description ignore what they do not know; and a path without an answer has no parameters.
    const isFree =
      path[2]?.startsWith("badge.") ||
      path[0] === "openapi.json" ||
      path[0] === "nothing" ||
      path[1] === "x" ||
      path[1]?.startsWith("0") ||
      path[2] === "pulses";
    return {
      target: targetOf(path, parameters, encode),
      faults: isFree ? [] : faultsOf(parameters),
      about: { kind: "other", status, type },
    };
  });

const deadLetterQuery: fc.Arbitrary<Query> = fc
  .tuple(
    parametersOf({
      ...spanParameters,
      limit: [count(1000), noCount(1000)],
      reason: [
        fc.constantFrom("invalid", "unknown").map((one) => ({ text: one, value: 0 })),
        text(0, 8).map((one) => ({ text: one })),
      ],
      replayed: [
        fc.constantFrom("true", "false").map((one) => ({ text: one, value: 0 })),
        fc.constantFrom("", "TRUE", "1", "yes").map((one) => ({ text: one })),
      ],
      service: [text(1, 20).map((one) => ({ text: one, value: 0 })), fc.constant({ text: "" })],
    }),
    encoding,
  )
  .map(([parameters, encode]) => {
    const { from, to } = Object.fromEntries(parameters.map(([name, { value }]) => [name, value]));
    const faults = faultsOf(parameters);
    if (faults.length === 0 && from !== undefined && to !== undefined && from >= to) faults.push("/query/to");
    return {
      target: targetOf(["dead-letters"], parameters, encode),
      faults,
      about: { kind: "other", status: 200, type: "application/json" },
    };
  });

/** Cursors that no store made. */
const wrongCursor: fc.Arbitrary<Query> = fc
  .tuple(fc.constantFrom(["services", "known-a", "pulses"], ["dead-letters"]), text(0, 40))
  .map(([path, cursor]) => ({
    target: targetOf(path, [["cursor", { text: cursor }]], (one) => encodeURIComponent(one.toWellFormed())),
    faults: ["/query/cursor"],
    about: { kind: "other", status: 200, type: "application/json" },
  }));

export const query: fc.Arbitrary<Query> = fc.oneof(
  { weight: 6, arbitrary: spanQuery("pulses", "pulses", { limit: [count(1000), noCount(1000)] }) },
  { weight: 2, arbitrary: spanQuery("lines", "pulses", {}) },
  { weight: 6, arbitrary: spanQuery("summary", "summary", { buckets: [count(500), noCount(500)] }) },
  { weight: 2, arbitrary: otherQuery },
  { weight: 2, arbitrary: deadLetterQuery },
  { weight: 1, arbitrary: wrongCursor },
);
