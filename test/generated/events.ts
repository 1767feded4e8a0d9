import fc from "fast-check";
import { ARRIVAL, faulty, type Plan, pointerOf, type Stored, valid } from "./plan.ts";
import { id, noPulse, type PulsePlan, pulse } from "./pulses.ts";
import { anyJson, brokenText, noText, text, tooLong } from "./texts.ts";
import { timeText, wrongTimeText } from "./times.ts";

/** A CloudEvent: its attributes in the form of the JSON format, its data, the places of faults, and what is stored. */
export interface EventPlan {
  attributes: Record<string, unknown>;
  data: unknown;
  /** A refusal names one of them, or more. */
  faults: readonly string[];
  stored: readonly Stored[];
}

export const ONE = "dev.pulsemesh.pulse.v1";
export const MANY = "dev.pulsemesh.pulses.v1";

const source = fc
  .oneof(
    fc.constantFrom(
      "/shop",
      "urn:x:y",
      "https://a.example/b?c=d#e",
      "/shop/eu%20west",
      "a%2Fb",
      "100%",
      "é/ü",
      "x".repeat(512),
      "~",
      ".",
      "?",
    ),
    fc.webUrl(),
    fc.stringMatching(/^[a-z0-9/_.-]{1,30}$/),
  )
  .map((given) => valid(given));
const wrongSource = fc.constantFrom<unknown>(undefined, null, "", "x".repeat(513));
/** In a header, their encoded form is taken for a source that is no less a URI reference. */
const blankSource = fc.constantFrom("a b", "a\tb", "a\u0000", "a\u007f", " ");

const extensionName = fc
  .stringMatching(/^[a-z0-9]{1,12}$/)
  .filter((name) => !/^(id|source|type|specversion|time|subject|data.*|traceparent|knative.*)$/.test(name));
const extensions = fc.uniqueArray(
  fc.tuple(extensionName, fc.oneof(text(1, 40), fc.boolean(), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }))),
  { maxLength: 3, selector: ([name]) => name },
);

/** It leaves room for "/" and the position. */
const manyId = fc.oneof(
  { weight: 9, arbitrary: text(1, 120).map((given) => valid(given)) },
  { weight: 1, arbitrary: tooLong(120).map((given) => faulty(given, "/id")) },
);

const OPTIONAL = {
  time: fc.oneof(timeText, fc.constant(valid(undefined, undefined)), fc.constant(valid(null, undefined))),
  subject: fc.oneof(
    fc.constant(valid(undefined)),
    text(1, 40).map((given) => valid(given)),
  ),
  dataschema: fc.constantFrom(undefined, null, "https://a.example/schema").map((given) => valid(given)),
  datacontenttype: fc
    .constantFrom(
      undefined,
      null,
      "application/json",
      "text/json",
      "Application/JSON; charset=utf-8",
      "application/vnd.a+json",
    )
    .map((given) => valid(given)),
};

type Change = [name: string, plan: Plan];
/** Changes of one attribute that make an event wrong in each mode. */
const wrongAttribute: fc.Arbitrary<Change> = fc.oneof(
  fc
    .constantFrom<unknown>(undefined, "", "0.3", "1", "1.1", "1.0 beta")
    .map((given): Change => ["specversion", faulty(given, "/specversion")]),
  fc.oneof(fc.constantFrom<unknown>(undefined, ""), tooLong(128)).map((given): Change => ["id", faulty(given, "/id")]),
  fc
    .constantFrom<unknown>(undefined, "", "dev.pulsemesh.pulse", `${ONE} x`, "DEV.PULSEMESH.PULSE.V1")
    .map((given): Change => ["type", faulty(given, "/type")]),
  wrongSource.map((given): Change => ["source", faulty(given, "/source")]),
  wrongTimeText.filter((given) => given !== "").map((given): Change => ["time", faulty(given, "/time")]),
  fc
    .constantFrom("text/plain", "application/xml", "application/octet-stream", "text/json5", "image/svg+xml")
    .map((given): Change => ["datacontenttype", faulty(given, "/datacontenttype")]),
  fc
    .tuple(fc.constantFrom("a-b", "a_b", "a.b"), text(1, 4))
    .map(([name, given]): Change => [name, faulty(given, pointerOf(name))]),
);
/** Changes that only the JSON format can carry. */
const wrongMember: fc.Arbitrary<Change> = fc.oneof(
  fc
    .tuple(
      fc.constantFrom("id", "source", "type", "specversion", "time", "subject", "datacontenttype", "dataschema"),
      noText,
    )
    .map(([name, given]): Change => [name, faulty(given, `/${name}`)]),
  blankSource.map((given): Change => ["source", faulty(given, "/source")]),
  fc
    .tuple(fc.constantFrom("id", "source", "type"), brokenText)
    .map(([name, given]): Change => [name, faulty(given, `/${name}`)]),
  fc
    .tuple(fc.constantFrom("Name", "a b", "é", "", "__proto__", "a/b"), text(1, 4))
    .map(([name, given]): Change => [name, faulty(given, pointerOf(name))]),
  fc
    .tuple(extensionName, fc.oneof(fc.constantFrom<unknown>(1.5, [], {}, 1e300), brokenText))
    .map(([name, given]): Change => [name, faulty(given, `/${name}`)]),
);

const carriedSource = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: fc.record({
      source,
      traceparent: fc
        .constantFrom(undefined, null, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        .map((given) => valid(given)),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Record<string, Plan>>(
      { source: faulty("", "") },
      { source: faulty(1, "") },
      { traceparent: faulty("x", "") },
      { traceparent: faulty(1, "") },
    ),
  },
);

/** @param isStructured whether the JSON format carries it, which can hold more than headers can */
export function event(isStructured: boolean): fc.Arbitrary<EventPlan> {
  const change = isStructured
    ? fc.oneof({ weight: 2, arbitrary: wrongAttribute }, { weight: 1, arbitrary: wrongMember })
    : wrongAttribute;
  const changes = fc.oneof(
    { weight: 4, arbitrary: fc.constant<Change[]>([]) },
    { weight: 1, arbitrary: change.map((one) => [one]) },
  );
  const attributes = fc.tuple(fc.record({ source, ...OPTIONAL }), extensions, changes);
  return fc
    .oneof(
      fc.tuple(fc.constant(ONE), id, attributes, oneData),
      fc.tuple(fc.constant(MANY), manyId, attributes, manyData),
    )
    .map(([type, eventId, [known, more, wrong], data]) => {
      const parts = new Map<string, Plan>([
        ["specversion", valid("1.0")],
        ["type", valid(type)],
        ["id", eventId],
        ...Object.entries(known),
        ...more.map(([name, given]): Change => [name, valid(given)]),
        ...wrong,
      ]);
      const { id: givenId, source: givenSource, time } = Object.fromEntries(parts) as Record<string, Plan>;
      const made = data(givenId?.given as string);
      return {
        attributes: Object.fromEntries([...parts].map(([name, { given }]) => [name, given])),
        data: made.given,
        faults: [
          ...[...parts.values()].flatMap(({ faults }) => faults),
          ...made.faults.map((fault) => `/data${fault}`),
        ],
        stored: made.pulses.map((one) => ({
          ...one,
          source: one.source === "/pulse" ? (givenSource?.stored as string) : one.source,
          event_time: one.event_time === ARRIVAL ? ((time?.stored as number | undefined) ?? ARRIVAL) : one.event_time,
        })),
      };
    });
}

interface DataPlan {
  given: unknown;
  faults: readonly string[];
  pulses: readonly Stored[];
}
type MadeData = (eventId: string) => DataPlan;

const noData: fc.Arbitrary<MadeData> = noPulse.map((plan) => () => ({
  given: plan.given,
  faults: ["", "/pulses"],
  pulses: [],
}));

/** Data of one pulse, whose id is the event's. */
const oneData: fc.Arbitrary<MadeData> = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.tuple(pulse(15), fc.constantFrom("none", "same", "other")).map(
      ([plan, which]): MadeData =>
        (eventId) => {
          const given = { ...(plan.given as Record<string, unknown>) };
          const faults = [...plan.faults];
          if (!faults.includes("/id")) {
            delete given.id;
            if (which === "same") given.id = eventId;
            if (which === "other") given.id = `${[...String(eventId)].slice(0, 100).join("")}x`;
            if (which === "other") faults.push("/id");
          }
          return { given, faults, pulses: [{ ...plan.stored, id: eventId }] };
        },
    ),
  },
  { weight: 1, arbitrary: noData },
);

/** Data of many pulses, of which each may have its own id and source. */
const manyData: fc.Arbitrary<MadeData> = fc.oneof(
  {
    weight: 20,
    arbitrary: fc
      .uniqueArray(fc.oneof({ weight: 30, arbitrary: pulse(8, carriedSource) }, { weight: 1, arbitrary: noPulse }), {
        maxLength: 4,
        selector: ({ stored }) => (stored as Stored | undefined)?.id ?? {},
      })
      .map(
        (plans): MadeData =>
          (eventId) => ({
            given: { pulses: plans.map(({ given }) => given) },
            faults: plans.flatMap(({ faults }, i) => faults.map((fault) => `/pulses/${i}${fault}`)),
            pulses: plans.map((plan, i) => ({
              ...(plan as PulsePlan).stored,
              id: (plan as PulsePlan).stored?.id ?? `${eventId}/${i}`,
            })),
          }),
      ),
  },
  {
    weight: 1,
    arbitrary: anyJson.map(
      (pulses): MadeData =>
        () => ({ given: { pulses: Array.isArray(pulses) ? { pulses } : pulses }, faults: ["/pulses"], pulses: [] }),
    ),
  },
  { weight: 1, arbitrary: noData },
);
