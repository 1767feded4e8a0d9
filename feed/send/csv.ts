// CSV: the first line names the columns (csv-header.ts), and each further line becomes the fields of a pulse. Nothing is dropped in
// silence: a column without a meaning, and a row with more or fewer cells than the first line, are faults.
import { parse as parseCsv } from "csv-parse/sync";
import { number, quote } from "../../settings/field.ts";

/** What the first line of a CSV file says about the others. */
export interface CsvLayout {
  separator: string;
  decimal: "." | ",";
  /** The names of all columns. */
  names: readonly string[];
  /** The index of each field's column. */
  fields: ReadonlyMap<string, number>;
  where: { index: number; value: string } | undefined;
}

/** Begins the names of the fields that become entries of a pulse's metadata. */
export const METADATA = "metadata.";

// The rules of a pulse bound the latency.
const anyNumber = number({ min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY });

/** The fields of one row, an empty cell as none; a text that says what is wrong; `undefined` for a row to pass over. */
export function readRow(text: string, layout: CsvLayout): Record<string, unknown> | string | undefined {
  const { separator, decimal, names, fields, where } = layout;
  const cells = cellsOf(text, separator);
  if (cells === undefined) return "Expected quotes around a whole cell that ends on its line";
  if (cells.length !== names.length) {
    const remedy = cells.length > names.length ? `: a cell that holds ${quote(separator)} needs quotes` : "";
    return `Expected ${names.length} cells, as many as the first line has, got ${cells.length}${remedy}`;
  }
  if (where !== undefined && cells[where.index]?.trim() !== where.value) return undefined;
  const read: Record<string, unknown> = {};
  const metadata: [string, string][] = [];
  for (const [field, index] of fields) {
    const cell = cells[index]?.trim() ?? "";
    if (field === "latency_ms") {
      const latency = anyNumber.parse(withDecimalPoint(cell, decimal));
      if (latency === undefined)
        return `Expected a number as ${names[index]}, got ${quote(cell)}${remedyOf(cell, decimal)}`;
      read.latency_ms = latency;
    } else if (field === "event_time" || (cell !== "" && !field.startsWith(METADATA))) {
      read[field] = cell;
    } else if (cell !== "") {
      metadata.push([field.slice(METADATA.length), cell]);
    }
  }
  if (metadata.length > 0) read.metadata = Object.fromEntries(metadata);
  return read;
}

// With a decimal comma a point separates thousands: 1.234 is most likely not one and a bit, so no number has both.
function withDecimalPoint(text: string, decimal: string): string {
  if (decimal === ".") return text;
  return text.includes(".") ? "" : text.replace(",", ".");
}

function remedyOf(text: string, decimal: string): string {
  return decimal === "." && /^[+-]?\d+,\d+$/.test(text) ? ": with a decimal comma add --decimal ," : "";
}

/** The cells of one line; `undefined` when its quotes are wrong. */
export function cellsOf(text: string, separator: string): string[] | undefined {
  if (!text.includes('"')) return text.split(separator);
  try {
    return parseCsv(text, { delimiter: separator })[0];
  } catch {
    return undefined;
  }
}
