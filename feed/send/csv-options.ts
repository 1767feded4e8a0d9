import { parsedText, word } from "../../settings/field.ts";
import { option } from "../command-line.ts";
import { cellsOf } from "./csv.ts";
import { fieldNamed } from "./csv-header.ts";

const columnList = parsedText(
  "a list such as timestamp=time,value=duration,metadata.host=host that names timestamp and value, each field once",
  (text) => {
    const pairs = pairsIn(text, (name) => name)?.map(([name, column]) => [fieldNamed(name), column] as const);
    const columns = new Map(pairs);
    const isWhole = columns.size === pairs?.length && columns.has("event_time") && columns.has("latency_ms");
    return isWhole && !columns.has(undefined) ? (columns as ReadonlyMap<string, string>) : undefined;
  },
);

const cell = parsedText("a column and its value such as metric_name=http_req_duration", (text) => {
  const [column, value] = splitAtEquals(text);
  return column === "" || value === undefined ? undefined : ([column, value] as const);
});

const separator = parsedText("one character, or the word tab", (text) => {
  if (text === "tab") return "\t";
  return [...text].length === 1 && !/["\r\n]/.test(text) ? text : undefined;
});

/** Texts and what each stands for, as `a=b,c=d`. */
export const statusList = parsedText("a list such as 0=error,KO=error", (text) => {
  const pairs = pairsIn(text);
  return pairs && (new Map(pairs) as ReadonlyMap<string, string>);
});

/** The options for CSV alone. */
export const csvOptions = {
  columns: option("LIST", columnList, "The columns to take, each with its field; all others are left out:"),
  where: option("COLUMN=VALUE", cell, "Takes only the rows with this cell."),
  separator: option("CHAR", separator, "Default: a comma, a semicolon or a tab, as the first line shows. It may be:"),
  decimal: option(
    "CHAR",
    word([".", ","]),
    "The sign before a number's fraction, a point or a comma. Default: a point.",
  ),
};

/** The pairs of `name=value,name=value`; quotes may surround a pair that holds a comma. @param alone the value of a name alone */
function pairsIn(text: string, alone?: (name: string) => string): [name: string, value: string][] | undefined {
  const pairs = cellsOf(text, ",")?.map((pair): [string, string] => {
    const [name, value = alone?.(name) ?? ""] = splitAtEquals(pair);
    return [name, value];
  });
  return pairs?.every(([name, value]) => name !== "" && value !== "") ? pairs : undefined;
}

function splitAtEquals(text: string): [name: string, value?: string] {
  const at = text.indexOf("=");
  return at === -1 ? [text.trim()] : [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}
