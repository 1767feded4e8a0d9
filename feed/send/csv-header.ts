import { quote } from "../../settings/field.ts";
import { type CsvLayout, cellsOf, METADATA } from "./csv.ts";
import { parseTimestamp } from "./timestamp.ts";

/** How to read a CSV file. */
export interface CsvOptions {
  /** Absent: the comma, the semicolon or the tab, as the first line shows. */
  separator: string | undefined;
  decimal: CsvLayout["decimal"];
  /** The column of each field to take. Absent: every column has the name of a field. */
  columns: ReadonlyMap<string, string> | undefined;
  /** Only rows with this cell are measurements. */
  where: readonly [column: string, value: string] | undefined;
}

const NAMES: Readonly<Record<string, string>> = { timestamp: "event_time", value: "latency_ms" };
const FIELDS: ReadonlySet<string> = new Set(["event_time", "latency_ms", "service_name", "status", "id"]);
const NEEDED = ["event_time", "latency_ms"];
const SEPARATORS = [",", ";", "\t"];

/** The field of a pulse that this name means; `undefined` for any other name. */
export function fieldNamed(name: string): string | undefined {
  const lower = name.toLowerCase();
  if (lower.startsWith(METADATA) && name.length > METADATA.length) return METADATA + name.slice(METADATA.length);
  const field = NAMES[lower] ?? lower;
  return FIELDS.has(field) ? field : undefined;
}

/** Reads the first line. @throws {Error} that names what was expected, the line, and what to do */
export function readHeader(text: string, options: CsvOptions): CsvLayout {
  for (const separator of options.separator === undefined ? SEPARATORS : [options.separator]) {
    const names = cellsOf(text, separator)?.map((name) => name.trim());
    const layout = names && layoutOf(names, separator, options);
    if (layout !== undefined) return layout;
  }
  const { columns, where } = options;
  const wanted = [...(columns?.values() ?? ["timestamp", "value"]), ...(where === undefined ? [] : [where[0]])];
  const isData = SEPARATORS.some((separator) =>
    text.split(separator).some((cell) => parseTimestamp(cell.trim()) !== undefined),
  );
  const remedy = isData
    ? 'add "timestamp,value" as its first line, or what its columns are'
    : "name its columns with --columns timestamp=COLUMN,value=COLUMN, and its separator with --separator if that is not a comma, a semicolon or a tab";
  throw new Error(
    `Expected the first line to be a header that names the columns ${listOf(wanted)}, got ${quote(text)}: ${remedy}.`,
  );
}

/** The layout; `undefined` when a needed column is missing. @throws {Error} for columns that have no meaning, or two of one */
function layoutOf(names: readonly string[], separator: string, options: CsvOptions): CsvLayout | undefined {
  const indexOf = (column: string) => names.findIndex((name) => name.toLowerCase() === column.toLowerCase());
  const columns = options.columns ?? columnsNamedAsFields(names);
  const fields = new Map([...columns].map(([field, column]) => [field, indexOf(column)] as const));
  const { decimal } = options;
  const where = options.where && { index: indexOf(options.where[0]), value: options.where[1] };
  const indexes = [...fields.values(), ...(where === undefined ? [] : [where.index])];
  if (indexes.includes(-1) || NEEDED.some((field) => !fields.has(field))) return undefined;
  const taken = new Set(indexes.map((index) => names[index]?.toLowerCase()));
  const twice = names.filter((name, index) => taken.has(name.toLowerCase()) && indexOf(name) !== index);
  if (twice.length > 0) throw new Error(`Expected a column only once in the first line, got ${listOf(twice)} twice.`);
  if (options.columns === undefined) refuseUnknown(names, fields, options);
  return { separator, decimal, names, fields, where };
}

function columnsNamedAsFields(names: readonly string[]): ReadonlyMap<string, string> {
  const columns = new Map<string, string>();
  for (const name of names) {
    const field = fieldNamed(name);
    const other = field === undefined ? undefined : columns.get(field);
    if (other !== undefined && other.toLowerCase() !== name.toLowerCase()) {
      throw new Error(`Expected one column for ${field}, got ${listOf([other, name])}: choose with --columns.`);
    }
    if (field !== undefined) columns.set(field, name);
  }
  return columns;
}

function refuseUnknown(names: readonly string[], fields: CsvLayout["fields"], { where }: CsvOptions): void {
  const known = new Set(fields.values());
  const unknown = names.filter((name, index) => !known.has(index) && name.toLowerCase() !== where?.[0].toLowerCase());
  if (unknown.length === 0) return;
  const named = names.filter((name) => name !== "");
  const all = named.map((name) => (fieldNamed(name) === undefined ? `${METADATA}${name}=${name}` : name));
  throw new Error(
    `Expected columns with the names of fields, got also ${listOf(unknown)}: name what to take, as in --columns ${quoteForShell(all.join(","))}`,
  );
}

function quoteForShell(text: string): string {
  return /^[\w.,=:/-]*$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** The columns that a layout leaves out. */
export function leftOutBy({ names, fields, where }: CsvLayout): string[] {
  const taken = new Set([...fields.values(), where?.index]);
  return names.filter((_, index) => !taken.has(index));
}

function listOf(names: readonly string[]): string {
  const quoted = names.map((name) => (/^\w+$/.test(name) ? name : quote(name)));
  return [quoted.slice(0, -1).join(", "), ...quoted.slice(-1)].filter((part) => part !== "").join(" and ");
}
