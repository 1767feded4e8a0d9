import fc from "fast-check";
import { type Input, jsonText, type Plan, type Stored } from "./plan.ts";
import { noPulse, type PulsePlan, pulse } from "./pulses.ts";
import { text, tooLong } from "./texts.ts";

type Header = readonly [name: string, value: string];

/** Text as a header carries it: UTF-8, each byte as a character. */
export const headerText = (given: string) => Buffer.from(given).toString("latin1");

/** Content types that all say UTF-8. */
export const parameters = fc.constantFrom(
  "",
  "",
  "",
  "; charset=utf-8",
  ";charset=UTF-8",
  '; charset="utf-8"',
  "; charset=utf8",
  " ; a=b",
);
const foreignType = fc.constantFrom(
  undefined,
  "text/plain",
  "text/csv",
  "application/xml",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "application/json; charset=latin1",
  "application/json; charset=utf-16",
  "application/cloudevents",
  "application/cloudevents+xml",
  "application/cloudevents+json; charset=utf-16",
  "application/cloudevents-batch+avro",
  "json",
  "*/*",
);

/** The Idempotency-Key of a request. `stored`: the key; `faults`: the request is refused. */
interface Key {
  headers: Header[];
  key?: string;
  isWrong?: boolean;
}
const key: fc.Arbitrary<Key> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Key>({ headers: [] }) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(text(1, 120), fc.boolean())
      .filter(([one]) => /^[!-~\u00a1-\u{10ffff}]+$/u.test(one) && !one.includes('"'))
      .map(([one, isTwice]) => ({
        headers: Array.from({ length: isTwice ? 2 : 1 }, (): Header => ["Idempotency-Key", headerText(one)]),
        key: one,
      })),
  },
  {
    weight: 1,
    arbitrary: fc.stringMatching(/^[ -~]{1,20}$/).map((one) => ({
      headers: [["idempotency-key", `"${one.replace(/["\\]/g, "\\$&")}"`] as const],
      key: one,
    })),
  },
  {
    weight: 1,
    arbitrary: fc
      .oneof(
        fc.constantFrom(["a", "b"], ['"a'], ['a"b'], ['""'], ["\xff\xfe"], ['"a", "b"']),
        tooLong(120)
          .filter((one) => /^[!-~\u00a1-\u{10ffff}]+$/u.test(one))
          .map((one) => [headerText(one)]),
      )
      .map((values) => ({
        headers: values.map((value): Header => ["Idempotency-Key", value]),
        isWrong: true as const,
      })),
  },
);
const otherHeaders = fc.constantFrom<Header[]>(
  [],
  [],
  [["traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"]],
  [["traceparent", "x"]],
  [["accept", "text/html"]],
  [["content-encoding", "identity"]],
);

/** A request of pulses, as JSON or as lines of JSON. */
function requestOf(isLines: boolean): fc.Arbitrary<Input> {
  const pulses = fc.uniqueArray(fc.oneof({ weight: 30, arbitrary: pulse(25) }, { weight: 1, arbitrary: noPulse }), {
    minLength: 0,
    maxLength: 5,
    comparator: isSameIdentity,
  });
  const layout = fc.record({
    isAlone: fc.boolean(),
    isEscaped: fc.boolean(),
    mark: fc.constantFrom("", "", "\ufeff"),
    gap: fc.constantFrom("\n", "\r\n", "\n\n", "\n \t\r\n"),
    end: fc.constantFrom("", "\n", "\r\n \n", " \t"),
    path: fc.constantFrom("/pulse", "/", "/pulse?x=1"),
    type: isLines
      ? fc.constantFrom("application/x-ndjson", "application/ndjson", "application/jsonl")
      : fc.constantFrom("application/json", "Application/JSON", "text/json", "x/y+json"),
    parameters,
  });
  return fc.tuple(pulses, layout, key, otherHeaders).map(([plans, how, idempotency, others]) => {
    const isAlone = !isLines && how.isAlone && plans.length === 1 && !Array.isArray(plans[0]?.given);
    const texts = plans.map(({ given }) => jsonText(given, how.isEscaped));
    const body = isLines ? texts.join(how.gap) : isAlone ? (texts[0] as string) : `[${texts.join(",")}]`;
    const places = plans.flatMap(({ faults }, i) => faults.map((fault) => (isAlone ? fault : `/${i}${fault}`)));
    const stored = plans.map((plan, i): Stored => {
      const given = (plan as PulsePlan).stored;
      return { ...given, id: given?.id ?? (idempotency.key === undefined ? undefined : `${idempotency.key}/${i}`) };
    });
    return {
      method: "POST",
      path: how.path,
      headers: [["content-type", how.type + how.parameters], ...idempotency.headers, ...others],
      body: how.mark + body + how.end,
      encoding: "utf8",
      verdict: idempotency.isWrong
        ? { kind: "refused", status: 400, places: [""] }
        : places.length > 0
          ? { kind: "refused", status: 400, places }
          : { kind: "accepted", pulses: stored },
    };
  });
}

function isSameIdentity(one: Plan, other: Plan): boolean {
  const [first, second] = [one.stored as Stored | undefined, other.stored as Stored | undefined];
  return first?.id !== undefined && first.id === second?.id && first.service_name === second.service_name;
}

/** A request that is wrong as a whole. */
const brokenRequest: fc.Arbitrary<Input> = fc
  .tuple(
    requestOf(false).filter(({ verdict, body }) => verdict.kind === "accepted" && body.trim().length > 2),
    fc.constantFrom("cut", "more", "bytes", "empty", "type", "packed", "path", "method"),
    foreignType,
    fc.nat(),
  )
  .map(([input, change, type, number]): Input => {
    const refused = (status: number, places?: string[]): Input["verdict"] => ({
      kind: "refused",
      status,
      ...(places && { places }),
    });
    const body = input.body.trimEnd();
    const others = input.headers.filter(([name]) => name !== "content-type");
    switch (change) {
      case "cut":
        return {
          ...input,
          body: body.slice(0, 1 + (number % (body.length - 1))).toWellFormed(),
          verdict: refused(400, [""]),
        };
      case "more":
        return { ...input, body: body + ']},x\u00001"'.charAt(number % 7), verdict: refused(400, [""]) };
      case "bytes":
        return {
          ...input,
          body: `${headerText(body)}${["\xff", "\xc3", "\xed\xa0\x80", "\xf5\x80\x80\x80"][number % 4]}`,
          encoding: "latin1",
          verdict: refused(400, [""]),
        };
      case "empty":
        return { ...input, body: ["", " ", "\n", "\ufeff"][number % 4] as string, verdict: refused(400, [""]) };
      case "type":
        return {
          ...input,
          headers: type === undefined ? others : [["content-type", type], ...others],
          verdict: refused(415),
        };
      case "packed":
        return {
          ...input,
          headers: [
            ...input.headers.filter(([name]) => name !== "content-encoding"),
            ["content-encoding", ["deflate", "br", "x"][number % 3] as string],
          ],
          verdict: refused(415),
        };
      case "path":
        return {
          ...input,
          path: ["/pulses", "/pulse/", "//", "/Pulse", "/%70ulse", "/pulse%2F"][number % 6] as string,
          verdict: refused(404),
        };
      default:
        return { ...input, method: ["PUT", "PATCH", "DELETE"][number % 3] as string, verdict: refused(405) };
    }
  });

/** Plain JSON: one pulse, or an array of pulses. */
export const jsonRequest = fc.oneof(
  { weight: 9, arbitrary: requestOf(false) },
  { weight: 1, arbitrary: brokenRequest },
);
/** One pulse a line. */
export const linesRequest = requestOf(true);
