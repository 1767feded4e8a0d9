import fc from "fast-check";
import { ARRIVAL, faulty, MARK, NumberText, type Plan, pointerOf, type Stored, valid } from "./plan.ts";
import { anyJson, brokenText, character, noText, text, tooLong } from "./texts.ts";
import { eventTime, wrongEventTime } from "./times.ts";

const at = (place: string, { given, faults }: Plan): Plan => ({ given, faults: faults.map((fault) => place + fault) });
const none = fc.constant(undefined);

/** A–Z a–z 0–9 . _ : / -. Mostly none: pulses of one service are read back together. */
const nameTail = fc.oneof(
  { weight: 40, arbitrary: fc.constant("") },
  { weight: 5, arbitrary: fc.stringMatching(/^[A-Za-z0-9._:/-]{0,12}$/) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("/..", "/../x", "//", ":", "-", ".", "/live", "/pulses", "x".repeat(128 - MARK.length)),
  },
);
export const serviceName: fc.Arbitrary<Plan> = nameTail.map((tail) => valid(MARK + tail));
const wrongName: fc.Arbitrary<Plan> = fc
  .oneof(
    fc.constantFrom<unknown>(
      undefined,
      null,
      "",
      "x".repeat(129),
      ".x",
      "-x",
      "_x",
      "/x",
      ":x",
      "é",
      "x\n",
      "x ",
      " x",
      "x\u0000",
      "x%",
      "x?y",
    ),
    character.filter((one) => !/[A-Za-z0-9._:/-]/.test(one)).map((one) => MARK + one),
    noText,
    brokenText,
  )
  .map((given) => faulty(given, ""));

export const latency: fc.Arbitrary<Plan> = fc.oneof(
  { weight: 4, arbitrary: fc.double({ min: 0, max: 86_400_000, noNaN: true }).map((ms) => valid(ms)) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 86_400_000 }).map((ms) => valid(ms)) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(
        "-0",
        "0.0",
        "0e9",
        "1E+2",
        "8.64e7",
        "86400000.0000000000000001",
        "5e-324",
        "1e-400",
        "0.1",
        "2.2250738585072011e-308",
      )
      .map((number) => valid(new NumberText(number), Math.abs(Number(number)))),
  },
);
const wrongLatency: fc.Arbitrary<Plan> = fc
  .oneof(
    fc.constantFrom<unknown>(
      undefined,
      null,
      -1,
      -5e-324,
      86_400_000.1,
      86_400_001,
      1e300,
      "12",
      "",
      true,
      [],
      [1],
      {},
    ),
    fc.constantFrom("1e309", "-1e309", "8.64e8", "-1e-300").map((number) => new NumberText(number)),
    fc.double({ min: 86_400_000.01, noNaN: true, noDefaultInfinity: true }),
    text(0, 8),
  )
  .map((given) => faulty(given, ""));

export const status: fc.Arbitrary<Plan> = fc.oneof(
  { weight: 6, arbitrary: text(1, 64).map((given) => valid(given)) },
  { weight: 3, arbitrary: fc.constantFrom("ok", "OK", "error", "200", "404", "timeout").map((given) => valid(given)) },
  { weight: 1, arbitrary: fc.constantFrom(200, 404, 503, 0, -1, 2.5, 1e21).map((code) => valid(code, String(code))) },
);
const wrongStatus: fc.Arbitrary<Plan> = fc
  .oneof(
    fc.constantFrom<unknown>(undefined, null, "", true, false, [], ["ok"], {}, new NumberText("1e999")),
    tooLong(64),
    brokenText,
  )
  .map((given) => faulty(given, ""));

const entries = fc.uniqueArray(fc.tuple(text(1, 64), text(0, 1024)), { maxLength: 4, selector: ([key]) => key });
const fullMetadata = fc
  .tuple(text(1, 60), text(0, 12))
  .map(([key, value]): [string, string][] =>
    Array.from({ length: 32 }, (_, i) => [[...key].slice(0, 60).join("") + i, value]),
  );
export const metadata: fc.Arbitrary<Plan> = fc.oneof(
  { weight: 4, arbitrary: none.map(() => valid(undefined, {})) },
  { weight: 1, arbitrary: fc.constant(valid(null, {})) },
  { weight: 4, arbitrary: entries.map((all) => valid(Object.fromEntries(all))) },
  { weight: 1, arbitrary: fullMetadata.map((all) => valid(Object.fromEntries(all))) },
);
const wrongMetadata: fc.Arbitrary<Plan> = fc.oneof(
  fc.constantFrom<unknown>(true, 1, "x", [], [{ a: "b" }]).map((given) => faulty(given, "")),
  fullMetadata.map((all) => faulty(Object.fromEntries([...all, ["more", ""]]), "")),
  fc.oneof(tooLong(64), fc.constant(""), brokenText).map((key) => faulty({ [key]: "" }, pointerOf(key))),
  fc
    .tuple(text(1, 64), fc.oneof(tooLong(1024), fc.constantFrom(null, 1, true, [], {}), brokenText))
    .map(([key, value]) => faulty(Object.fromEntries([[key, value]]), pointerOf(key))),
);

export const id: fc.Arbitrary<Plan> = text(1, 128).map((given) => valid(given));
const noId = fc.constantFrom<undefined | null>(undefined, null).map((given): Plan => ({ given, faults: [] }));
const wrongId: fc.Arbitrary<Plan> = fc
  .oneof(fc.constantFrom<unknown>("", 1, 1.5, true, [], {}), tooLong(128), brokenText)
  .map((given) => faulty(given, ""));

const FIELDS = {
  service_name: serviceName,
  event_time: fc.oneof(
    { weight: 4, arbitrary: eventTime },
    { weight: 1, arbitrary: fc.constantFrom<undefined | null>(undefined, null).map((given) => valid(given, ARRIVAL)) },
  ),
  latency_ms: latency,
  status,
  metadata,
  id: fc.oneof({ weight: 3, arbitrary: id }, { weight: 1, arbitrary: noId }),
};
const WRONG = {
  service_name: wrongName,
  event_time: wrongEventTime,
  latency_ms: wrongLatency,
  status: wrongStatus,
  metadata: wrongMetadata,
  id: wrongId,
};
type Name = keyof typeof FIELDS;

/** A field as generators make it, right and wrong. */
export interface FieldForms {
  right: fc.Arbitrary<Plan>;
  wrong: fc.Arbitrary<Plan>;
}

const unknownField = fc
  .tuple(
    fc.oneof(
      fc.constantFrom("latency", "Status", "service-name", "time", "__proto__", "constructor", "a/b", "~", "ce-id", ""),
      text(1, 12),
    ),
    anyJson,
  )
  .filter(([name]) => !(name in FIELDS) && name !== "source" && name !== "traceparent");

/** A pulse: its fields as they are sent, the places of its faults, and what is stored. */
export interface PulsePlan extends Plan {
  stored: Stored;
}

/**
 * A pulse, with a wrong part in some of them.
 * @param more fields that only pulses inside an event have
 * @param times of places that read times by other rules
 */
export function pulse(
  wrongShare: number,
  more: fc.Arbitrary<Record<string, Plan>> = fc.constant({}),
  times: FieldForms = { right: FIELDS.event_time, wrong: WRONG.event_time },
): fc.Arbitrary<PulsePlan> {
  const right = { ...FIELDS, event_time: times.right };
  const wrongForms = { ...WRONG, event_time: times.wrong };
  const changes = (Object.keys(WRONG) as Name[]).map((name) =>
    wrongForms[name].map((plan): [string, Plan] => [name, plan]),
  );
  const change = fc.oneof(
    ...changes,
    unknownField.map(([name, given]): [string, Plan] => [name, faulty(given, "")]),
  );
  const changed = fc.oneof(
    { weight: 100 - wrongShare, arbitrary: fc.constant<[string, Plan][]>([]) },
    { weight: wrongShare, arbitrary: fc.array(change, { minLength: 1, maxLength: 2 }) },
  );
  return fc.tuple(fc.record(right), more, changed).map(([fields, others, wrong]) => {
    const all: [string, Plan][] = [...Object.entries({ ...fields, ...others }), ...wrong];
    const parts = new Map(all);
    const given = Object.fromEntries([...parts].map(([name, plan]) => [name, plan.given]));
    const faults = [...parts].flatMap(([name, plan]) => at(pointerOf(name), plan).faults);
    return { given, faults, stored: storedOf(parts) };
  });
}

function storedOf(parts: ReadonlyMap<string, Plan>): Stored {
  const value = (name: string) => parts.get(name)?.stored as never;
  return {
    service_name: value("service_name"),
    id: value("id"),
    source: value("source") ?? "/pulse",
    event_time: value("event_time"),
    latency_ms: value("latency_ms"),
    status: value("status"),
    metadata: value("metadata"),
  };
}

/** What is no pulse at all. */
export const noPulse: fc.Arbitrary<Plan> = fc
  .constantFrom<unknown>(null, true, 1, "", "x", '{"service_name":"x","latency_ms":1,"status":"ok"}', [], [[]])
  .map((given) => faulty(given, ""));
