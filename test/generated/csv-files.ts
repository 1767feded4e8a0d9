import fc from "fast-check";
import { type FilePlan, type LinePlan, withoutSeconds } from "./file-plan.ts";
import { fileTime, noFileTime } from "./file-times.ts";
import { MARK, type Stored } from "./plan.ts";
import { text, tooLong } from "./texts.ts";

/** A cell: its text, and what is stored of it or, without, a fault. */
interface Cell {
  text: string;
  value?: unknown;
}
interface Row {
  cells: Record<Field, Cell>;
  /** Cells too many, or too few. */
  excess: number;
  isBlank: boolean;
}
type Field = "event_time" | "latency_ms" | "service_name" | "status" | "id" | "metadata";

/** Text that a line can hold. It is trimmed, so that a cell that is nothing but blanks is an empty one. */
const lineText = (min: number, max: number) => text(min, max).filter((one) => !/[\r\n]/.test(one));
const oneOrNone = (all: fc.Arbitrary<string>): fc.Arbitrary<Cell> =>
  fc
    .oneof({ weight: 4, arbitrary: all }, { weight: 1, arbitrary: fc.constant("") })
    .map((one) => ({ text: one, value: one.trim() === "" ? undefined : one.trim() }));

const digits = (max: number) => fc.integer({ min: 0, max });
/** With `.` for the sign before the fraction. */
const number: fc.Arbitrary<Cell> = fc
  .tuple(fc.constantFrom("", "", "+", "00"), digits(86_399_999), fc.option(fc.stringMatching(/^[0-9]{1,6}$/)))
  .map(([sign, whole, fraction]) => {
    const written = `${sign}${whole}${fraction === null ? "" : `.${fraction}`}`;
    return { text: written, value: Number(written) };
  });

const RIGHT: Record<Field, fc.Arbitrary<Cell>> = {
  event_time: fileTime.map(({ text, moment }) => ({ text, value: moment })),
  latency_ms: number,
  service_name: fc
    .constantFrom("", "", MARK, `${MARK}/a`)
    .map((one) => ({ text: one, value: one === "" ? MARK : one })),
  status: fc
    .oneof(
      lineText(1, 64).filter((one) => one.trim() !== ""),
      fc.constantFrom("ok", "503", "0"),
    )
    .map((one) => ({ text: one, value: one.trim() })),
  id: oneOrNone(lineText(1, 128)),
  metadata: oneOrNone(lineText(1, 200)),
};
const wrong = (all: fc.Arbitrary<string>): fc.Arbitrary<Cell> => all.map((one) => ({ text: one }));
const WRONG: Record<Field, fc.Arbitrary<Cell>> = {
  event_time: wrong(fc.oneof(noFileTime, fc.constant(""))),
  latency_ms: wrong(
    fc.constantFrom(
      "",
      "fast",
      "-1",
      "86400000.5",
      "NaN",
      "Infinity",
      "0x10",
      "1 000",
      "1.234.5",
      "1e300",
      "12ms",
      "١",
    ),
  ),
  service_name: wrong(fc.constantFrom("a b", "-a", "é", "x".repeat(129))),
  status: wrong(
    fc.oneof(
      fc.constant(""),
      tooLong(64).filter((one) => !/[\r\n]/.test(one) && [...one.trim()].length > 64),
    ),
  ),
  id: wrong(tooLong(128).filter((one) => !/[\r\n]/.test(one) && [...one.trim()].length > 128)),
  metadata: wrong(fc.constant("x".repeat(1025))),
};
const FIELDS = Object.keys(RIGHT) as Field[];

const row: fc.Arbitrary<Row> = fc
  .record({
    cells: fc.record(RIGHT),
    change: fc.option(fc.oneof(...FIELDS.map((field) => WRONG[field].map((cell) => ({ [field]: cell })))), { freq: 3 }),
    excess: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 0, 1, -1),
    isBlank: fc.constantFrom(false, false, false, false, false, false, true),
  })
  .map(({ cells, change, excess, isBlank }) => ({ cells: { ...cells, ...change }, excess, isBlank }));

/** The names that a column may have without `--columns`. */
const NAMES: Record<Field, readonly string[]> = {
  event_time: ["timestamp", "event_time", "Timestamp"],
  latency_ms: ["value", "latency_ms", "VALUE"],
  service_name: ["service_name"],
  status: ["status", "Status"],
  id: ["id"],
  metadata: ["metadata.region", "metadata.a b", "metadata.é"],
};
const OPTION: Record<Field, string> = {
  event_time: "timestamp",
  latency_ms: "value",
  service_name: "service_name",
  status: "status",
  id: "id",
  metadata: "metadata.region",
};

const layout = fc.record({
  fields: fc
    .subarray<Field>(["service_name", "status", "id", "metadata"])
    .chain((some) => fc.shuffledSubarray<Field>(["event_time", "latency_ms", ...some], { minLength: some.length + 2 })),
  name: fc.nat(),
  areNamed: fc.boolean(),
  hasMore: fc.boolean(),
  separator: fc.constantFrom(",", ",", ";", "\t", "|"),
  decimal: fc.constantFrom(".", ".", ","),
  breaks: fc.constantFrom("\n", "\n", "\r\n"),
  quotes: fc.constantFrom("needed", "needed", "all"),
  pad: fc.constantFrom("", "", " "),
  end: fc.constantFrom("break", "break", "break", "none", "final"),
});

/** CSV with a header: its columns in any order, and any separator, decimal sign, quotes and line breaks. */
export const csvFile: fc.Arbitrary<Omit<FilePlan, "how">> = fc
  .tuple(fc.array(row, { minLength: 1, maxLength: 12 }), layout)
  .map(([rows, how]) => {
    const { fields, name, areNamed, hasMore, separator, decimal, breaks, quotes, pad, end } = how;
    const metadataName = areNamed ? OPTION.metadata : (NAMES.metadata[name % 3] as string);
    const column = (field: Field) =>
      areNamed
        ? `the ${field}`
        : field === "metadata"
          ? metadataName
          : (NAMES[field][name % NAMES[field].length] as string);
    // Only --columns may leave columns out.
    const hasOther = areNamed && hasMore;

    const written = (cell: string) => {
      const isQuoted = quotes === "all" || cell.includes(separator) || cell.includes('"');
      return isQuoted ? `"${cell.replaceAll('"', '""')}"` : pad + cell + pad;
    };
    const lineOf = ({ cells, excess }: Row) => {
      const all = fields.map((field) => {
        const { text: cell } = cells[field];
        return written(field === "latency_ms" && decimal === "," ? cell.replace(".", ",") : cell);
      });
      if (hasOther) all.push(written("left out"));
      if (excess > 0) all.push("x");
      if (excess < 0) all.pop();
      return all.join(separator);
    };
    const storedOf = ({ cells }: Row): Stored | undefined => {
      if (fields.some((field) => cells[field].value === undefined && !(field === "id" || field === "metadata"))) {
        return undefined;
      }
      if (fields.some((field) => !("value" in cells[field]))) return undefined;
      const value = (field: Field, otherwise: unknown) => (fields.includes(field) ? cells[field].value : otherwise);
      const metadata = value("metadata", undefined);
      return {
        service_name: value("service_name", MARK) as string,
        id: value("id", undefined) as string | undefined,
        source: "/pulse",
        event_time: cells.event_time.value as number,
        latency_ms: cells.latency_ms.value as number,
        status: value("status", "ok") as string,
        metadata: metadata === undefined ? {} : { [metadataName.slice("metadata.".length)]: metadata as string },
      };
    };

    // The last one is none, as it may wait for its line break.
    const kept = withoutSeconds(rows, storedOf).map((one, i, all) =>
      i === all.length - 1 ? { ...one, isBlank: false } : one,
    );
    const isOpen = end === "none";
    const header = [...fields.map(column), ...(hasOther ? ["other"] : [])].join(separator);
    const texts = [header, ...kept.map((one) => (one.isBlank ? "" : lineOf(one)))];
    const columns = fields.map((field) => `${OPTION[field]}=${column(field)}`).join(",");
    return {
      text: texts.join(breaks) + (end === "break" ? breaks : ""),
      ending: separator === "\t" ? ".tsv" : ".csv",
      args: [
        "--service",
        MARK,
        ...(areNamed ? ["--columns", columns] : []),
        ...(separator === "|" ? ["--separator", "|"] : []),
        ...(decimal === "," ? ["--decimal", ","] : []),
        ...(end === "final" ? ["--final"] : []),
      ],
      lines: kept.flatMap((one, i): LinePlan[] => {
        if (texts[i + 1]?.trim() === "") return [];
        const stored = one.excess === 0 ? storedOf(one) : undefined;
        return [{ number: i + 2, ...(stored !== undefined && { stored }) }];
      }),
      isOpen,
    };
  });
