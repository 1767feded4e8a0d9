import fc from "fast-check";
import { csvFile } from "./csv-files.ts";
import { type FilePlan, type LinePlan, type Packing, withoutSeconds } from "./file-plan.ts";
import { lineTimes } from "./file-times.ts";
import { ARRIVAL, jsonText, type Stored, valid } from "./plan.ts";
import { noPulse, type PulsePlan, pulse } from "./pulses.ts";

const packing = fc.record({
  encoding: fc.constantFrom<Packing["encoding"][]>("utf8", "utf8", "utf8", "utf8 with a mark", "utf16le", "utf16be"),
  isPacked: fc.constantFrom(false, false, false, true),
});

const linePulse = pulse(20, fc.constant({}), {
  ...lineTimes,
  right: fc.oneof(
    { weight: 5, arbitrary: lineTimes.right },
    { weight: 1, arbitrary: fc.constantFrom<undefined | null>(undefined, null).map((given) => valid(given, ARRIVAL)) },
  ),
});
interface PlannedLine {
  text: string;
  plan: { faults: readonly string[]; stored?: unknown } | undefined;
}
const line: fc.Arbitrary<PlannedLine> = fc.oneof(
  { weight: 12, arbitrary: linePulse.map((plan) => ({ text: jsonText(plan.given), plan })) },
  { weight: 1, arbitrary: noPulse.map((plan) => ({ text: jsonText(plan.given), plan })) },
  { weight: 1, arbitrary: fc.constantFrom("", " ", "\t ").map((text) => ({ text, plan: undefined })) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('{"service_name":', "{}{}", "[", "NaN", "'x'", "a,b", "{'a':1}")
      .map((text) => ({ text, plan: { faults: [""] } })),
  },
);

/** One pulse a line. Where two have one id, the store would keep the first. */
const linesFile: fc.Arbitrary<Omit<FilePlan, "how">> = fc
  .record({
    all: fc.array(line, { maxLength: 12 }),
    last: linePulse,
    end: fc.constantFrom("\n", "\n", "\r\n", ""),
    breaks: fc.constantFrom("\n", "\n", "\r\n"),
    ending: fc.constantFrom(".ndjson", ".jsonl", ".NDJSON"),
  })
  .map(({ all, last, end, breaks, ending }) => {
    // A whole JSON object needs no line break to be whole.
    const lines = withoutSeconds(
      [...all, { text: jsonText(last.given), plan: last }],
      ({ plan }) => plan?.stored as Stored | undefined,
    );
    return {
      text: lines.map(({ text }) => text).join(breaks) + end,
      ending,
      args: [],
      lines: lines.flatMap(({ text, plan }, i): LinePlan[] => {
        if (text.trim() === "") return [];
        const isRight = plan !== undefined && plan.faults.length === 0;
        return [{ number: i + 1, ...(isRight && { stored: (plan as PulsePlan).stored }) }];
      }),
      isOpen: false,
    };
  });

export const file: fc.Arbitrary<FilePlan> = fc
  .tuple(fc.oneof(linesFile, csvFile), packing)
  .map(([plan, how]) => ({ ...plan, how }));
